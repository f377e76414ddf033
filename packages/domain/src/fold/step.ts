import type { Millis, StorefrontEvent } from '../event/event.ts'
import { hash53 } from '../event/hash.ts'
import { recognise, remember } from '../event/seen.ts'
import { compileDefinitions, type SiteDefinitions } from './definitions.ts'
import { beforeEvent, creditVisit } from './journey.ts'
import type { Output, StepResult } from './output.ts'
import { internals, type Partition, type PartitionState } from './partition.ts'
import type { LogRecord } from './record.ts'
import { emitDue, settle, type Now } from './settle.ts'
import { shed } from './shed.ts'
import type { Slot } from './store.ts'
import type { TimerQueue } from './timers.ts'
import { isForgotten, newVisitor, NEVER, scheduleVisitor, type Retention, type VisitorState } from './visitor.ts'
import { visit } from './visit.ts'

/** Visitors that timers may bring up in one step; the rest waits for the next records. */
const MAX_TIMED_VISITORS = 5_000

/**
 * Folds one record into a partition: moves the clocks on, settles the visitors that are due, applies the record. The
 * result depends on nothing but the records so far: not on the clock, on batches, on checkpoints or on restores.
 *
 * A record with more outputs than should be written at once is not done yet: it is to be given again, until it is.
 * Between the two steps the fold may be saved and restored like anywhere else.
 */
export function step(state: PartitionState, record: LogRecord): StepResult {
  const partition = internals(state)
  const result = partition.parts === 0 ? begin(partition, record) : goOn(partition, record)
  if (result.isDone) {
    partition.position = record.offset + 1
    partition.parts = 0
  } else {
    partition.parts++
  }
  return result
}

function begin(partition: Partition, record: LogRecord): StepResult {
  partition.streamTime = Math.max(partition.streamTime, record.appendedAt)
  const { body } = record
  if (body.kind === 'event') return stepEvent(partition, record, body.event)
  const now = nowAt(partition, record)
  const outputs: Output[] = []
  fireTimers(partition, now, null, outputs)
  switch (body.kind) {
    case 'tick':
      return { outputs, outcome: 'control', late: false, isDone: flush(partition, record.key, body, now, outputs) }
    case 'verdict':
      return { outputs, outcome: 'control', late: false, isDone: true }
    case 'definitions': {
      const problem = deploy(partition, body.number, body.json)
      if (problem !== null) {
        outputs.push({ kind: 'dead-letter', key: record.key, reason: 'invalid_definitions', detail: problem })
      }
      return { outputs, outcome: problem === null ? 'control' : 'poison', late: false, isDone: true }
    }
    case 'poison':
      outputs.push({ kind: 'dead-letter', key: record.key, reason: body.reason, detail: body.detail })
      return { outputs, outcome: 'poison', late: false, isDone: true }
  }
}

/** The next part of a record that was not done. The clocks stand where its first part has moved them. */
function goOn(partition: Partition, { offset, key, body }: LogRecord): StepResult {
  if (body.kind !== 'tick')
    throw new Error(`the ${body.kind} at offset ${offset} is not the flush that was begun there`)
  const outputs: Output[] = []
  const { streamTime, closingClock } = partition
  const isDone = flush(partition, key, body, { version: offset, streamTime, closingClock }, outputs)
  return { outputs, outcome: 'control', late: false, isDone }
}

function stepEvent(partition: Partition, record: LogRecord, event: StorefrontEvent): StepResult {
  partition.eventClock = Math.max(partition.eventClock, event.event_time)
  const now = nowAt(partition, record)
  const { store } = partition
  const slot = store.slot(record.key)
  const visitor = store.visitor(slot) ?? newVisitor(event.site, event.visitor_id)
  const site = partition.compiled.forSite(event.site)
  const { gapMs, graceMs } = site.session
  const late = event.event_time < now.closingClock - gapMs - graceMs
  const due: Output[] = []
  settle(visitor, record.key, now, site.retention, due)
  fireTimers(partition, now, slot, due)
  const id = hash53(event.event_id)
  const repeat = recognise(visitor, id, event.content_hash)
  const outputs: Output[] = []
  if (repeat === 'new') {
    remember(visitor, id, event.content_hash, now.streamTime)
    takeEvent(partition, record, event, site, visitor, late, outputs)
  }
  for (const output of due) outputs.push(output)
  shed(visitor, record.key, now, outputs)
  emitDue(visitor, record.key, now, false, outputs)
  finish(partition, slot, visitor)
  if (repeat !== 'new') return { outputs, outcome: repeat, late: false, isDone: true }
  return { outputs, outcome: 'accepted', late, isDone: true }
}

/**
 * What a new event itself makes: its label, then the conversions it makes or changes, the sessions it retracts, and the
 * credits that change with them.
 */
function takeEvent(
  partition: Partition,
  record: LogRecord,
  event: StorefrontEvent,
  site: SiteDefinitions,
  visitor: VisitorState,
  late: boolean,
  outputs: Output[],
): void {
  const { key, offset } = record
  const goals = site.matchGoals(event)
  const before = beforeEvent(visitor)
  const { sessionId, conversions, retractions } = visit(visitor, event, goals, key, {
    offset,
    streamTime: partition.streamTime,
    closingClock: partition.closingClock,
    rules: site.session,
    ownDomains: site.ownDomains,
    channelRules: site.channelRules,
    definitionsNumber: partition.definitions.number,
  })
  const label = {
    session_id: sessionId,
    goals: goals.map((goal) => goal.name),
    is_late: late,
    definitions_number: partition.definitions.number,
    appended_at: record.appendedAt,
    input_offset: offset,
  }
  outputs.push({ kind: 'labelled', key, label })
  for (const row of conversions) outputs.push({ kind: 'conversion', key, row })
  for (const row of retractions) outputs.push({ kind: 'session', key, row })
  const credits = creditVisit(visitor, before, conversions, {
    rules: site.attribution,
    streamTime: partition.streamTime,
    version: offset,
    definitionsNumber: partition.definitions.number,
  })
  for (const row of credits) outputs.push({ kind: 'credit', key, row })
}

/**
 * Settles the visitors that are due, queue by queue in order of (due, key), up to the limit. The record's own visitor
 * has been settled already and is passed over, so the limit decides only when rows appear.
 */
function fireTimers(partition: Partition, now: Now, own: Slot | null, outputs: Output[]): void {
  const { emit, close, expire } = partition.store.timers
  let left = MAX_TIMED_VISITORS
  left = fire(partition, emit, now.streamTime, left, now, own, outputs)
  left = fire(partition, close, now.closingClock, left, now, own, outputs)
  fire(partition, expire, now.streamTime, left, now, own, outputs)
}

/** Fires one queue up to `clock`; returns how many more visitors the step may settle. */
function fire(
  partition: Partition,
  queue: TimerQueue<Slot>,
  clock: Millis,
  limit: number,
  now: Now,
  own: Slot | null,
  outputs: Output[],
): number {
  let left = limit
  while (left > 0) {
    const slot = queue.next(clock)
    if (slot === undefined) break
    if (slot === own) continue
    left--
    attend(partition, slot, now, false, outputs)
  }
  return left
}

type Tick = Extract<LogRecord['body'], { kind: 'tick' }>

/** Puts out pending rows up to the limit, and after the last of them the barrier: then the flush is done. */
function flush(partition: Partition, key: string, tick: Tick, now: Now, outputs: Output[]): boolean {
  if (tick.flush_id === '') return true
  const left = partition.flushing ?? pendingOf(partition)
  for (const slot of left.splice(0, partition.maxFlushed)) attend(partition, slot, now, true, outputs)
  partition.flushing = left.length === 0 ? null : left
  if (left.length > 0) return false
  outputs.push({ kind: 'barrier', key, flush_id: tick.flush_id, hold_ms: tick.hold_ms })
  return true
}

/** The visitors with a pending session row, in order of key; what a begun flush has left is found so after a restore. */
function pendingOf({ store }: Partition): Slot[] {
  const pending = new Set<Slot>()
  const { emit } = store.timers
  for (const slot of emit.live()) if (emit.dueOf(slot) < NEVER) pending.add(slot)
  return [...pending].sort((a, b) => (a.key < b.key ? -1 : 1))
}

function attend(partition: Partition, slot: Slot, now: Now, all: boolean, outputs: Output[]): void {
  const visitor = partition.store.visitor(slot)
  if (visitor === null) return
  settle(visitor, slot.key, now, retentionOf(partition, visitor), outputs)
  emitDue(visitor, slot.key, now, all, outputs)
  finish(partition, slot, visitor)
}

/** Puts a visitor back: with new due times, or not at all when nothing is left to remember. */
function finish(partition: Partition, slot: Slot, visitor: VisitorState): void {
  scheduleVisitor(visitor, retentionOf(partition, visitor))
  partition.store.put(slot, isForgotten(visitor) ? null : visitor)
}

/** Brings definitions into force; returns what is wrong with them, if they can't be. Older ones are ignored. */
function deploy(partition: Partition, number: number, json: string): string | null {
  if (number <= partition.definitions.number) return null
  const parsed = parseJson(json)
  if (parsed === undefined) return 'not JSON'
  const compiled = compileDefinitions(parsed)
  if (!compiled.ok) return compiled.problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
  partition.definitions = { number, json }
  partition.compiled = compiled.definitions
  return null
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json) as unknown
  } catch {
    return undefined
  }
}

function nowAt(partition: Partition, record: LogRecord): Now {
  return { version: record.offset, streamTime: partition.streamTime, closingClock: partition.closingClock }
}

function retentionOf(partition: Partition, visitor: VisitorState): Retention {
  return partition.compiled.forSite(visitor.site).retention
}
