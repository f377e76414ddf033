import type { StorefrontEvent } from '../event/event.ts'
import { hash53 } from '../event/hash.ts'
import type { LogRecord } from '../event/record.ts'
import { recognise, remember } from '../event/seen.ts'
import type { SessionRow } from '../session/row.ts'
import { compileDefinitions } from './definitions.ts'
import type { Output, StepResult } from './output.ts'
import { internals, type Partition, type PartitionState } from './partition.ts'
import { emitDue, settle, type Now } from './settle.ts'
import type { Slot } from './store.ts'
import { isForgotten, newVisitor, NEVER, scheduleVisitor, type VisitorState } from './visitor.ts'
import { visit } from './visit.ts'

/** Visitors that timers may bring up in one step; the rest waits for the next records. */
const MAX_TIMED_VISITORS = 5_000

/**
 * Folds one record into a partition: moves the clocks on, settles the visitors that are due, applies the record. The
 * result depends on nothing but the records so far: not on the clock, on batches, on commits or on restores.
 */
export function step(state: PartitionState, record: LogRecord): StepResult {
  const partition = internals(state)
  partition.position = record.offset + 1
  partition.streamTime = Math.max(partition.streamTime, record.appendedAt)
  const { body } = record
  if (body.kind === 'event') return stepEvent(partition, record, body.event)
  const outputs = fireTimers(partition, nowAt(partition, record), null)
  switch (body.kind) {
    case 'tick':
      if (body.flush_id !== '') outputs.push(...flush(partition, record, body.flush_id, body.hold_ms))
      return { outputs, outcome: 'control', late: false }
    case 'definitions': {
      const problem = deploy(partition, body.number, body.json)
      if (problem !== null) {
        outputs.push({ kind: 'dead-letter', key: record.key, reason: 'invalid_definitions', detail: problem })
      }
      return { outputs, outcome: problem === null ? 'control' : 'poison', late: false }
    }
    case 'poison':
      outputs.push({ kind: 'dead-letter', key: record.key, reason: body.reason, detail: body.detail })
      return { outputs, outcome: 'poison', late: false }
  }
}

function stepEvent(partition: Partition, record: LogRecord, event: StorefrontEvent): StepResult {
  partition.eventClock = Math.max(partition.eventClock, event.event_time)
  const now = nowAt(partition, record)
  const { store } = partition
  const slot = store.slot(record.key)
  const visitor = store.draft(slot) ?? newVisitor(event.site, event.visitor_id)
  slot.draft = visitor
  const site = partition.compiled.forSite(event.site)
  const { gapMs, graceMs } = site.session
  const late = event.event_time < now.closingClock - gapMs - graceMs
  const expired = settle(visitor, now, graceMs)
  const timed = fireTimers(partition, now, slot)
  const id = hash53(event.event_id)
  const repeat = recognise(visitor, id, event.content_hash, now.streamTime, graceMs)
  const outputs: Output[] = []
  let retractions: readonly SessionRow[] = []
  if (repeat === 'new') {
    remember(visitor, id, event.content_hash, now.streamTime)
    const goals = site.matchGoals(event)
    const visited = visit(visitor, event, goals, record.key, {
      offset: record.offset,
      streamTime: now.streamTime,
      closingClock: now.closingClock,
      rules: site.session,
      ownDomains: site.ownDomains,
      definitionsNumber: partition.definitions.number,
    })
    const label = {
      session_id: visited.sessionId,
      goals: goals.map((goal) => goal.name),
      is_late: late,
      definitions_number: partition.definitions.number,
      appended_at: record.appendedAt,
      input_offset: record.offset,
    }
    outputs.push({ kind: 'labelled', key: record.key, label })
    for (const row of visited.conversions) outputs.push({ kind: 'conversion', key: record.key, row })
    retractions = visited.retractions
  }
  outputs.push(...timed)
  for (const rows of [expired, retractions, emitDue(visitor, now, false)]) pushSessions(outputs, record.key, rows)
  finish(partition, slot, visitor)
  return { outputs, outcome: repeat === 'new' ? 'accepted' : repeat, late }
}

/** Settles the visitors that are due, in order of (due, key); `own` has been settled already and is passed over. */
function fireTimers(partition: Partition, now: Now, own: Slot | null): Output[] {
  const { store } = partition
  const outputs: Output[] = []
  let left = MAX_TIMED_VISITORS
  for (const [queue, due, clock] of [
    [store.timers.emit, 'emit_due', now.streamTime],
    [store.timers.close, 'close_due', now.closingClock],
    [store.timers.expire, 'expire_due', now.streamTime],
  ] as const) {
    while (left > 0) {
      const slot = queue.next(clock, (item) => store.dues(item)?.[due] ?? NEVER)
      if (slot === undefined) break
      if (slot === own) continue
      left--
      attend(partition, slot, now, false, outputs)
    }
  }
  return outputs
}

/** Every pending row goes out, then the barrier that says so. */
function flush(partition: Partition, record: LogRecord, flushId: string, holdMs: number): Output[] {
  const { store } = partition
  const pending = new Set<Slot>()
  for (const slot of store.timers.emit.live()) if ((store.dues(slot)?.emit_due ?? NEVER) < NEVER) pending.add(slot)
  const outputs: Output[] = []
  const now = nowAt(partition, record)
  for (const slot of [...pending].sort((a, b) => (a.key < b.key ? -1 : 1))) attend(partition, slot, now, true, outputs)
  outputs.push({ kind: 'barrier', key: record.key, flush_id: flushId, hold_ms: holdMs })
  return outputs
}

function attend(partition: Partition, slot: Slot, now: Now, all: boolean, outputs: Output[]): void {
  const visitor = partition.store.draft(slot)
  if (visitor === null) return
  pushSessions(outputs, slot.key, settle(visitor, now, graceOf(partition, visitor)))
  pushSessions(outputs, slot.key, emitDue(visitor, now, all))
  finish(partition, slot, visitor)
}

/** Puts a visitor back: with new due times, or not at all when nothing is left to remember. */
function finish(partition: Partition, slot: Slot, visitor: VisitorState): void {
  scheduleVisitor(visitor, graceOf(partition, visitor))
  if (isForgotten(visitor)) slot.draft = null
  partition.store.arm(slot)
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

function graceOf(partition: Partition, visitor: VisitorState): number {
  return partition.compiled.forSite(visitor.site).session.graceMs
}

function pushSessions(outputs: Output[], key: string, rows: readonly SessionRow[]): void {
  for (const row of rows) outputs.push({ kind: 'session', key, row })
}
