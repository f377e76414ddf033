import { describe, expect, it } from '@jest/globals'
import { buildEvent, FoldRun, jsonVisitorCodec, LogBuilder, MemoryVisitors } from '@cairn/testkit/domain'
import {
  createPartition,
  restorePartition,
  step,
  takeDirty,
  type LogRecord,
  type Output,
  type StorefrontEvent,
} from '../index.ts'

const T = 1_700_000_000_000
const SECOND = 1_000
const MINUTE = 60_000
const GAP = 30 * MINUTE
const HOUR = 60 * MINUTE
const GRACE = 24 * HOUR

describe('session rows', () => {
  it('first go out one second after the first event', () => {
    const fold = new FoldRun()
    expect(fold.event(T, { event_id: 'a' }).sessions).toEqual([])
    expect(fold.tick(T + SECOND - 1).sessions).toEqual([])
    expect(fold.tick(T + SECOND).sessions).toMatchObject([{ events: 1, state: 'open', version: 2 }])
    expect(fold.tick(T + MINUTE).sessions).toEqual([])
  })

  it('go out again no sooner than five seconds after the last', () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 'a' })
    fold.tick(T + SECOND)
    fold.event(T + SECOND, { event_id: 'b' })
    expect(fold.tick(T + 6 * SECOND - 1).sessions).toEqual([])
    expect(fold.tick(T + 6 * SECOND).sessions).toMatchObject([{ events: 2, prev_counted: 1 }])
  })

  it('go out one second after a change that comes long after the last row', () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 'a' })
    fold.tick(T + SECOND)
    fold.event(T + MINUTE, { event_id: 'b' })
    expect(fold.tick(T + MINUTE + SECOND - 1).sessions).toEqual([])
    expect(fold.tick(T + MINUTE + SECOND).sessions).toHaveLength(1)
  })

  it('go out at the close, which comes a millisecond after the gap', () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 'a' })
    fold.tick(T + SECOND)
    expect(fold.tick(T + GAP).sessions).toEqual([])
    expect(fold.tick(T + GAP + 1).sessions).toMatchObject([{ state: 'closed', end_reason: 'gap' }])
  })

  it('hold what the record at hand changes, when they are due with it', () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 'a' })
    expect(fold.event(T + SECOND, { event_id: 'b' }).sessions).toMatchObject([{ events: 2 }])
    const reopened = fold.event(T + GAP + 2 * SECOND, { event_id: 'c', event_time: T + SECOND })
    expect(reopened.sessions).toMatchObject([{ events: 3, state: 'open' }])
  })

  it('go out a last time, closed, when a session is forgotten', () => {
    const fold = new FoldRun()
    fold.define(T, { time_source: 'event', goals: [] })
    fold.event(T, { event_id: 'a' })
    expect(fold.tick(T + GAP + GRACE).sessions).toMatchObject([{ state: 'open' }])
    expect(fold.tick(T + GAP + GRACE + 1).sessions).toMatchObject([{ state: 'closed' }])
    expect(fold.tick(T + 10 * GRACE).sessions).toEqual([])
  })

  it('come after the label, the conversions and their credits', () => {
    const fold = new FoldRun()
    fold.define(T, { goals: [{ name: 'buy', kind: 'macro', match: { event: 'purchase' } }] })
    fold.event(T, { event_id: 'a' })
    const { result } = fold.event(T + SECOND, { event_id: 'b', name: 'purchase' })
    expect(result.outputs.map((output) => output.kind)).toEqual(['labelled', 'conversion', 'credit', 'session'])
  })
})

describe('ticks', () => {
  it('with a flush id bring out every pending row in order of key, then the barrier', () => {
    const fold = new FoldRun()
    for (const visitor of ['v3', 'v1', 'v2']) fold.event(T, { event_id: 'a', visitor_id: visitor })
    const { result } = fold.flush(T)
    expect(result.outputs.map((output) => [output.kind, output.key])).toEqual([
      ['session', 'shop:v1'],
      ['session', 'shop:v2'],
      ['session', 'shop:v3'],
      ['barrier', ''],
    ])
    expect(result.outcome).toBe('control')
    expect(fold.flush(T).result.outputs).toEqual([{ kind: 'barrier', key: '', flush_id: 'flush', hold_ms: 0 }])
  })

  it('bring out at most so many visitors a step, however many wait, and the barrier with the last', () => {
    const logged = new LogBuilder()
    const whole = createPartition(jsonVisitorCodec)
    const cut = createPartition(jsonVisitorCodec, { maxVisitors: 2 })
    const fold = (record: LogRecord) => {
      step(whole, record)
      step(cut, record)
    }
    for (const visitor of ['v3', 'v1', 'v5', 'v2', 'v4'])
      fold(logged.event(T, buildEvent({ event_id: 'a', event_time: T, visitor_id: visitor })))
    const flush = logged.flush(T)
    const parts = [step(cut, flush), step(cut, flush), step(cut, flush)]
    expect(parts.map(({ outputs, isDone }) => [outputs.map(({ key }) => key), isDone])).toEqual([
      [['shop:v1', 'shop:v2'], false],
      [['shop:v3', 'shop:v4'], false],
      [['shop:v5', ''], true],
    ])
    expect(parts.flatMap(({ outputs }) => outputs)).toEqual(step(whole, flush).outputs)
    expect(cut).toMatchObject({ position: 6, parts: 0 })
  })

  it('with a flush id close first what is to be closed, more than timers do in one step', () => {
    const logged = new LogBuilder()
    const partition = createPartition(jsonVisitorCodec)
    for (let at = 0; at < 5_003; at++)
      step(partition, logged.event(T, buildEvent({ event_id: 'a', event_time: T, visitor_id: `v${at}` })))
    const whole = (flush: LogRecord): Output[] => {
      const { outputs, isDone } = step(partition, flush)
      return isDone ? [...outputs] : [...outputs, ...whole(flush)]
    }
    expect(whole(logged.flush(T + SECOND))).toHaveLength(5_004)
    const outputs = whole(logged.flush(T + GAP + GRACE))
    const closed = outputs.filter((output) => output.kind === 'session' && output.row.state === 'closed')
    expect([closed.length, outputs.at(-1)?.kind, outputs.length]).toEqual([5_003, 'barrier', 5_004])
  })

  it('close what is to be closed in parts too, whoever takes over between them', () => {
    const logged = new LogBuilder()
    const cut = createPartition(jsonVisitorCodec, { maxVisitors: 2 })
    const disk = new MemoryVisitors(jsonVisitorCodec)
    for (const visitor of ['v3', 'v1', 'v5', 'v2', 'v4'])
      step(cut, logged.event(T, buildEvent({ event_id: 'a', event_time: T, visitor_id: visitor })))
    const flush = logged.flush(T + GAP + GRACE)
    const parts: unknown[] = []
    for (let partition = cut, isDone = false; !isDone;) {
      const part = step(partition, flush)
      isDone = part.isDone
      parts.push(part.outputs.map((output) => [output.key, output.kind === 'session' ? output.row.state : output.kind]))
      disk.write(takeDirty(partition))
      const { position, streamTime, eventClock } = partition
      const checkpoint = {
        position,
        parts: partition.parts,
        stream_time: streamTime,
        event_clock: eventClock,
        definitions_number: -1,
        definitions: '',
      }
      partition = restorePartition(jsonVisitorCodec, checkpoint, { cold: disk, maxVisitors: 2 })
    }
    const closed = (visitor: string) => [`shop:${visitor}`, 'closed']
    expect(parts).toEqual([
      [closed('v1'), closed('v2')],
      [closed('v3'), closed('v4')],
      [closed('v5'), ['', 'barrier']],
    ])
  })

  it('are refused another record in the middle of a flush', () => {
    const logged = new LogBuilder()
    const partition = createPartition(jsonVisitorCodec, { maxVisitors: 1 })
    for (const visitor of ['v1', 'v2'])
      step(partition, logged.event(T, buildEvent({ event_id: 'a', visitor_id: visitor })))
    expect(step(partition, logged.flush(T)).isDone).toBe(false)
    expect(partition).toMatchObject({ position: 2, parts: 1 })
    expect(() => step(partition, logged.event(T, buildEvent({ event_id: 'b' })))).toThrow('is not the flush')
  })

  it('never move stream time back', () => {
    const fold = new FoldRun()
    fold.tick(T + HOUR)
    fold.tick(T)
    expect(fold.partition.streamTime).toBe(T + HOUR)
  })
})

describe('timers', () => {
  it('serve 5,000 visitors a record in order of due time and key, and the rest with the next records', () => {
    const fold = new FoldRun()
    for (let at = 5_002; at >= 0; at--) fold.event(T, { event_id: 'a', visitor_id: `v${String(at).padStart(4, '0')}` })
    const first = fold.tick(T + SECOND).result.outputs
    expect(first).toHaveLength(5_000)
    expect(first[0]?.key).toBe('shop:v0000')
    expect(fold.tick(T + SECOND).result.outputs.map((output) => output.key)).toEqual([
      'shop:v5000',
      'shop:v5001',
      'shop:v5002',
    ])
  })

  it("never leave an event's own visitor behind: the limit decides when rows appear, not what they say", () => {
    const fold = new FoldRun()
    for (let at = 0; at <= 5_000; at++) fold.event(T, { event_id: 'a', visitor_id: `v${String(at).padStart(4, '0')}` })
    const own = fold.event(T + GRACE + GAP + 1, { event_id: 'b', visitor_id: 'v5000', event_time: T })
    expect(own.sessions.filter((row) => row.visitor_id === 'v5000')).toMatchObject([{ events: 1, state: 'closed' }])
    expect(own.sessions).toHaveLength(5_001)
  })
})

describe('clocks', () => {
  const events = (fold: FoldRun, at: number, fields: Partial<StorefrontEvent>) =>
    fold.event(at, { event_id: `at ${fold.log.records.length}`, ...fields })

  it('flag an event older than stream time less gap and grace as late, and still give it a session', () => {
    const fold = new FoldRun()
    expect(events(fold, T, { event_time: T - GAP - GRACE })).toMatchObject({ late: false })
    const late = events(fold, T, { event_time: T - GAP - GRACE - 1, visitor_id: 'v2' })
    expect(late).toMatchObject({ late: true, outcome: 'accepted' })
    expect(late.labelled).toEqual(expect.any(String))
  })

  it('do not flag the repetition of a late event, which is not stored', () => {
    const fold = new FoldRun()
    const late = { event_id: 'a', event_time: T - GAP - GRACE - 1 }
    expect(fold.event(T, late)).toMatchObject({ outcome: 'accepted', late: true })
    expect(fold.event(T, late)).toMatchObject({ outcome: 'duplicate', late: false })
    expect(fold.event(T, { ...late, content_hash: 1 })).toMatchObject({ outcome: 'duplicate_conflict', late: false })
  })

  it('flag nothing of a backfill that comes in order, and what is gap and grace behind the rest of it', () => {
    const fold = new FoldRun()
    fold.define(T, { time_source: 'event', goals: [] })
    const then = T - 30 * 24 * HOUR
    expect(events(fold, T, { event_time: then })).toMatchObject({ late: false })
    const visitor = { visitor_id: 'v2' }
    expect(events(fold, T, { event_time: then - GAP - GRACE, ...visitor })).toMatchObject({ late: false })
    expect(events(fold, T, { event_time: then - GAP - GRACE - 1, ...visitor })).toMatchObject({ late: true })
  })

  it('let event time close sessions with time_source: event; ticks then close nothing', () => {
    const fold = new FoldRun()
    fold.define(T, { time_source: 'event', goals: [] })
    events(fold, T, { event_time: T - 2 * HOUR })
    fold.tick(T + SECOND)
    expect(fold.tick(T + 2 * HOUR).sessions).toEqual([])
    expect(events(fold, T + 2 * HOUR, { event_time: T - 2 * HOUR + GAP, visitor_id: 'v2' }).sessions).toEqual([])
    const closing = events(fold, T + 2 * HOUR, { event_time: T - 2 * HOUR + GAP + 1, visitor_id: 'v3' })
    expect(closing.sessions).toMatchObject([{ visitor_id: 'v1', state: 'closed' }])
  })
})

describe('a visitor', () => {
  it('is forgotten when nothing of them is left: no session, no claim, no event id to recognise', () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 'a' })
    fold.tick(T + GAP + GRACE + 1)
    expect(fold.event(T + GAP + GRACE + 1, { event_id: 'a', event_time: T }).outcome).toBe('accepted')
  })
})
