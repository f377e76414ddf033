import type { Goal } from '../conversion/goal.ts'
import type { Millis, StorefrontEvent } from '../event/event.ts'
import { hash53 } from '../event/hash.ts'
import { recognise, remember } from '../event/seen.ts'
import { isOrderEvent } from '../order/order-event.ts'
import type { Verdict } from '../order/verdict.ts'
import type { Arrival } from '../session/session.ts'
import { withItem } from '../state/list.ts'
import { compileDefinitions, type SiteDefinitions } from './definitions.ts'
import { beforeEvent, creditVisit, type Crediting } from './journey.ts'
import { noteSaid } from './kept-order.ts'
import type { OrderGoals } from './match-order.ts'
import { takeVerdict } from './orders.ts'
import type { Output, StepResult } from './output.ts'
import { internals, type Partition, type PartitionState } from './partition.ts'
import type { LogRecord } from './record.ts'
import { emitDue, settle, type Now } from './settle.ts'
import { shed } from './shed.ts'
import type { Slot } from './slot.ts'
import type { TimerQueue } from './timers.ts'
import { isForgotten, newVisitor, scheduleVisitor, type Retention, type VisitorState } from './visitor.ts'
import { visit } from './visit.ts'

/**
 * Folds one record into a partition: moves the clocks on, settles the visitors that are due, applies the record. The
 * result depends on nothing but the records so far: not on the clock, on batches, on checkpoints or on restores.
 *
 * A record with more outputs than should be written at once is not done yet: it is to be given again, until it is.
 * Between the two steps the fold may be saved and restored like anywhere else.
 *
 * @throws Error where another record is given before that
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
  if (partition.store.isOverfull) partition.store.trim()
  return result
}

function begin(partition: Partition, record: LogRecord): StepResult {
  partition.streamTime = Math.max(partition.streamTime, record.appendedAt)
  const { body } = record
  if (body.kind === 'event') return stepEvent(partition, record, body.event)
  if (body.kind === 'verdict') return stepVerdict(partition, record, body.verdict)
  const now = nowAt(partition, record)
  const outputs: Output[] = []
  const left = fireTimers(partition, now, null, outputs)
  switch (body.kind) {
    case 'tick':
      return {
        outputs,
        outcome: 'control',
        late: false,
        isDone: flush(partition, record.key, body, left, now, outputs),
      }
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
  const { streamTime, closingClock, maxVisitors } = partition
  const isDone = flush(partition, key, body, maxVisitors, { version: offset, streamTime, closingClock }, outputs)
  return { outputs, outcome: 'control', late: false, isDone }
}

function stepEvent(partition: Partition, record: LogRecord, event: StorefrontEvent): StepResult {
  partition.eventClock = Math.max(partition.eventClock, event.event_time)
  const now = nowAt(partition, record)
  const { store } = partition
  const slot = store.slot(record.key)
  const known = store.visitor(slot) ?? newVisitor(event.site, event.visitor_id)
  const site = partition.compiled.forSite(event.site)
  const { gapMs, graceMs } = site.session
  const late = event.event_time < now.closingClock - gapMs - graceMs
  const due: Output[] = []
  const rememberedFrom = settle(known, record.key, now, site.retention, due)
  const visitor = remembered(known, now)
  fireTimers(partition, now, slot, due)
  const id = hash53(event.event_id)
  const repeat = recognise(visitor, id, event.content_hash, rememberedFrom)
  let outputs = due
  if (repeat === 'new') {
    remember(visitor, id, event.content_hash, now.streamTime)
    outputs = takeEvent(partition, record, event, site, visitor, late)
    for (const output of due) outputs.push(output)
  }
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
): Output[] {
  const { key, offset } = record
  const goals = site.matchGoals(event)
  const before = beforeEvent(visitor)
  // Orders convert by their verdicts.
  const counting = isOrderEvent(event) ? goals.filter((goal) => !goal.oncePerOrder) : goals
  const { sessionId, conversions, retractions } = visit(
    visitor,
    event,
    counting,
    key,
    arrivalOf(partition, site, offset),
  )
  const label = {
    session_id: sessionId,
    goals: matchedBy(goals),
    is_late: late,
    definitions_number: partition.definitions.number,
    appended_at: record.appendedAt,
    input_offset: offset,
  }
  const outputs: Output[] = [{ kind: 'labelled', key, label }]
  for (const row of conversions) outputs.push({ kind: 'conversion', key, row })
  for (const row of retractions) outputs.push({ kind: 'session', key, row })
  if (before === null && conversions.length === 0) return outputs
  const credits = creditVisit(visitor, before, conversions, creditingOf(partition, site, offset, false))
  for (const row of credits) outputs.push({ kind: 'credit', key, row })
  noteSaid(visitor, conversions, credits)
  return outputs
}

function stepVerdict(partition: Partition, record: LogRecord, verdict: Verdict): StepResult {
  const now = nowAt(partition, record)
  const { store } = partition
  const { key, offset } = record
  const slot = store.slot(key)
  const { event } = verdict
  const known = store.visitor(slot) ?? newVisitor(event?.site ?? '', event?.visitor_id ?? '')
  const site = partition.compiled.forSite(known.site)
  const outputs: Output[] = []
  settle(known, key, now, site.retention, outputs)
  const visitor = remembered(known, now)
  fireTimers(partition, now, slot, outputs)
  const before = beforeEvent(visitor)
  const arrival = arrivalOf(partition, site, offset)
  const { outcome, conversions, credited, credits } = takeVerdict(visitor, verdict, orderGoals(site), key, arrival)
  const restated =
    credited.length === 0
      ? credits
      : [...creditVisit(visitor, before, credited, creditingOf(partition, site, offset, true), credits), ...credits]
  for (const row of conversions) outputs.push({ kind: 'conversion', key, row })
  for (const row of restated) outputs.push({ kind: 'credit', key, row })
  noteSaid(visitor, conversions, restated)
  shed(visitor, key, now, outputs)
  emitDue(visitor, key, now, false, outputs)
  finish(partition, slot, visitor)
  return { outputs, outcome, late: false, isDone: true }
}

function orderGoals({ goals, matchGoals }: SiteDefinitions): OrderGoals {
  return {
    match: (order) => matchGoals(order).filter((goal) => goal.oncePerOrder),
    has: (name) => goals.some((goal) => goal.name === name && goal.oncePerOrder),
  }
}

/**
 * A settled visitor, or another one where nothing is left of it. Had any record come in between, its timer would have
 * dropped it: what is known of a visitor must not depend on who else is in its partition.
 */
function remembered(visitor: VisitorState, { streamTime }: Now): VisitorState {
  const isGone = streamTime >= visitor.expire_due && isForgotten(visitor)
  return isGone ? newVisitor(visitor.site, visitor.visitor_id) : visitor
}

function arrivalOf(partition: Partition, site: SiteDefinitions, offset: number): Arrival {
  return {
    offset,
    streamTime: partition.streamTime,
    closingClock: partition.closingClock,
    rules: site.session,
    ownDomains: site.ownDomains,
    channelRules: site.channelRules,
    definitionsNumber: partition.definitions.number,
  }
}

function creditingOf(partition: Partition, site: SiteDefinitions, version: number, byVerdict: boolean): Crediting {
  const { streamTime, definitions } = partition
  return { rules: site.attribution, streamTime, version, definitionsNumber: definitions.number, byVerdict }
}

/** Names of the goals that an event matches by itself: a part of a compound goal is not the goal. */
function matchedBy(goals: readonly Goal[]): readonly string[] {
  let names: readonly string[] = NO_NAMES
  for (const { name, compound } of goals) if (compound === null) names = withItem(names, name)
  return names
}

const NO_NAMES: readonly string[] = []

/**
 * Settles the visitors that are due, queue by queue in order of (due, key), up to the limit. The record's own visitor
 * has been settled already and is passed over, so the limit decides only when rows appear. Returns how many more visitors
 * the step may bring up.
 */
function fireTimers(partition: Partition, now: Now, own: Slot | null, outputs: Output[]): number {
  const { emit, close, expire } = partition.store
  let left = partition.maxVisitors
  left = fire(partition, emit, now.streamTime, left, now, own, outputs)
  left = fire(partition, close, now.closingClock, left, now, own, outputs)
  return fire(partition, expire, now.streamTime, left, now, own, outputs)
}

/** Fires one queue up to `clock`; returns how many more visitors the step may bring up. */
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
    const slot = partition.store.next(queue, clock)
    if (slot === undefined) break
    if (slot === own) continue
    left--
    attend(partition, slot, now, false, outputs)
  }
  return left
}

type Tick = Extract<LogRecord['body'], { kind: 'tick' }>

/**
 * Closes what is to be closed, then puts out pending rows, up to so many visitors; after the last of them the barrier: then the
 * flush is done.
 */
function flush(partition: Partition, key: string, tick: Tick, limit: number, now: Now, outputs: Output[]): boolean {
  if (tick.flush_id === '') return true
  const { store } = partition
  let left = limit
  if (partition.flushing === null) {
    left = fire(partition, store.close, now.closingClock, left, now, null, outputs)
    if (left === 0) return false
  }
  const waiting = partition.flushing ?? store.pendingKeys()
  for (const key of waiting.splice(0, left)) attend(partition, store.slot(key), now, true, outputs)
  partition.flushing = waiting.length === 0 ? null : waiting
  if (waiting.length > 0) return false
  outputs.push({ kind: 'barrier', key, flush_id: tick.flush_id, hold_ms: tick.hold_ms })
  return true
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
