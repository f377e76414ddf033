import { describe, expect, it } from '@jest/globals'
import { FoldRun, jsonVisitorCodec, MemoryVisitors } from '@cairn/testkit/domain'
import { createPartition, restorePartition, step, takeDirty, takeDirtyIn } from '../index.ts'

const T = 1_700_000_000_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const goal = { name: 'g', kind: 'micro', match: { event: 'view_item' } }

describe('duplicates', () => {
  it('make no output; other content under the same id is told apart', () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 'a', content_hash: 1 })
    expect(fold.event(T, { event_id: 'a', content_hash: 1 })).toMatchObject({
      outcome: 'duplicate',
      result: { outputs: [] },
    })
    expect(fold.event(T, { event_id: 'a', content_hash: 2 }).outcome).toBe('duplicate_conflict')
    expect(fold.flush(T).sessions).toMatchObject([{ events: 1 }])
  })

  it('are the same visitor and id: the id of another visitor is none', () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 'a' })
    expect(fold.event(T, { event_id: 'a', visitor_id: 'v2' }).outcome).toBe('accepted')
    expect(fold.event(T, { event_id: 'n', visitor_id: '' }).outcome).toBe('accepted')
    expect(fold.event(T, { event_id: 'n', visitor_id: '' }).outcome).toBe('duplicate')
  })

  it('are recognised for exactly the grace after the first arrival, which repeats do not prolong', () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 'a', visitor_id: '' })
    expect(fold.event(T + 23 * HOUR, { event_id: 'a', visitor_id: '' }).outcome).toBe('duplicate')
    expect(fold.event(T + 24 * HOUR, { event_id: 'a', visitor_id: '' }).outcome).toBe('duplicate')
    expect(fold.event(T + 24 * HOUR + 1, { event_id: 'a', visitor_id: '' }).outcome).toBe('accepted')
  })

  it('are recognised as long as their session can be corrected, and then start one with an id of its own', () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 'a' })
    const last = T + 29 * MINUTE
    const { labelled } = fold.event(last, { event_id: 'b' })
    const kept = 30 * MINUTE + 24 * HOUR
    expect(fold.event(last + kept, { event_id: 'a', event_time: T }).outcome).toBe('duplicate')
    const again = fold.event(last + kept + 1, { event_id: 'a', event_time: T })
    expect(again.outcome).toBe('accepted')
    expect(again.labelled).not.toBe(labelled)
  })

  it.each([false, true])(
    'are the same, be the visitor settled in between by others’ records (%p) or not',
    (isSettled) => {
      const fold = new FoldRun()
      // In no session, so that nothing but grace keeps their ids.
      const alias = (now: number, event_id: string) =>
        fold.event(now, { event_id, event_time: now, type: 'alias', user_id: 'ada' }).outcome
      fold.event(T, { event_id: 'a' })
      alias(T + 1, 'b')
      alias(T + 40 * MINUTE, 'c')
      for (let at = 0; at < 13; at++) alias(T + 2 * HOUR, `d${at}`)
      // The session is let go: two of sixteen ids are forgotten, which is enough to take them out. One more is not.
      if (isSettled) fold.tick(T + 24 * HOUR + 30 * MINUTE + 1)
      const now = T + 24 * HOUR + 41 * MINUTE
      fold.event(now, { event_id: 'old', event_time: T })
      expect(fold.event(now, { event_id: 'c' }).outcome).toBe('accepted')
      expect(fold.event(now, { event_id: 'd0' }).outcome).toBe('duplicate')
    },
  )
})

describe('definitions', () => {
  it('come into force at their record: events before it count under those before', () => {
    const fold = new FoldRun()
    expect(fold.event(T, { event_id: 'a', name: 'view_item' })).toMatchObject({ goals: [] })
    expect(fold.define(T, { goals: [goal] }, 7)).toMatchObject({ outcome: 'control', result: { outputs: [] } })
    expect(fold.event(T, { event_id: 'b', name: 'view_item' }).conversions).toMatchObject([{ definitions_number: 7 }])
    expect(fold.flush(T).sessions).toMatchObject([{ micro: 1, definitions_number: 7 }])
  })

  it('are ignored when their number is not above those in force', () => {
    const fold = new FoldRun()
    fold.define(T, { goals: [goal] }, 7)
    fold.define(T, { goals: [] }, 7)
    fold.define(T, { goals: [] }, 3)
    expect(fold.event(T, { event_id: 'a', name: 'view_item' }).goals).toEqual(['g'])
    expect(fold.partition.definitions.number).toBe(7)
  })

  it('that do not compile go to dead letters and leave those before in force', () => {
    const fold = new FoldRun()
    fold.define(T, { goals: [goal] })
    expect(fold.refused(T, { goal: [] })).toMatchObject({
      outcome: 'poison',
      result: {
        outputs: [
          {
            kind: 'dead-letter',
            reason: 'invalid_definitions',
            detail: expect.stringContaining('did you mean "goals"?') as unknown,
          },
        ],
      },
    })
    const broken = fold.log.add(T, '', { kind: 'definitions', number: 9, json: '{' })
    expect(fold.fold(broken).result.outputs).toMatchObject([{ reason: 'invalid_definitions', detail: 'not JSON' }])
    expect(fold.event(T, { event_id: 'a', name: 'view_item' }).goals).toEqual(['g'])
  })
})

describe('poison', () => {
  it('goes to dead letters under its own key, moves the clocks on and changes nothing else', () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 'a' })
    const poison = fold.log.add(T + HOUR, 'shop:v1', { kind: 'poison', reason: 'truncated', detail: 'ends in name' })
    const { result } = fold.fold(poison)
    expect(result.outcome).toBe('poison')
    expect(result.outputs.map((output) => output.kind)).toEqual(['session', 'dead-letter'])
    expect(result.outputs[1]).toEqual({
      kind: 'dead-letter',
      key: 'shop:v1',
      reason: 'truncated',
      detail: 'ends in name',
    })
    expect(fold.partition).toMatchObject({ position: 2, streamTime: T + HOUR, eventClock: T })
  })
})

describe('a checkpoint', () => {
  it('holds the visitors changed since the last one, and null for one that is forgotten', () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 'a', visitor_id: 'v2' })
    fold.event(T, { event_id: 'a', visitor_id: 'v1' })
    expect(takeDirty(fold.partition).map(([key, bytes]) => [key, bytes !== null])).toEqual([
      ['shop:v2', true],
      ['shop:v1', true],
    ])
    expect(takeDirty(fold.partition)).toEqual([])
    // Their sessions become history, and in the end that goes too.
    fold.tick(T + 25 * HOUR)
    expect(takeDirty(fold.partition).map(([key, bytes]) => [key, bytes !== null])).toEqual([
      ['shop:v1', true],
      ['shop:v2', true],
    ])
    fold.tick(T + 40 * 24 * HOUR)
    expect(takeDirty(fold.partition)).toEqual([
      ['shop:v1', null],
      ['shop:v2', null],
    ])
  })

  it('is taken in portions of about so many bytes, in the order of all at once', () => {
    const fold = new FoldRun()
    for (const visitor_id of ['v1', 'v2', 'v3', 'v4', 'v5']) fold.event(T, { event_id: 'a', visitor_id })
    const each = fold.partition.dirtyBytes / 5
    const portions = [...takeDirtyIn(fold.partition, each + 1)].map((portion) => portion.map(([key]) => key))
    expect(portions).toEqual([['shop:v1', 'shop:v2'], ['shop:v3', 'shop:v4'], ['shop:v5']])
    expect([...takeDirtyIn(fold.partition, 1)]).toEqual([])
  })

  it('is of one position: a fold that goes on before the last portion is refused', () => {
    const fold = new FoldRun()
    for (const visitor_id of ['v1', 'v2']) fold.event(T, { event_id: 'a', visitor_id })
    const portions = takeDirtyIn(fold.partition, 1)
    portions.next()
    fold.tick(T)
    expect(() => portions.next()).toThrow('the fold went on from 2 to 3')
  })

  it('tells beforehand about how large it will be', () => {
    const fold = new FoldRun()
    expect(fold.partition.dirtyBytes).toBe(0)
    fold.event(T, { event_id: 'a' })
    const told = fold.partition.dirtyBytes
    const [[, bytes] = []] = takeDirty(fold.partition)
    expect(told).toBeGreaterThan((bytes?.length ?? 0) / 4)
    expect(fold.partition.dirtyBytes).toBe(0)
  })

  it('whose definitions this version no longer accepts is refused with the way out', () => {
    const checkpoint = {
      position: 1,
      parts: 0,
      stream_time: T,
      event_clock: T,
      definitions_number: 4,
      definitions: '{"goal":[]}',
    }
    const cold = new MemoryVisitors(jsonVisitorCodec)
    expect(() => restorePartition(jsonVisitorCodec, checkpoint, { cold })).toThrow(
      /Definitions 4 no longer compile.*deploy/,
    )
  })
})

it('refuses a partition it did not make', () => {
  const impostor = { ...createPartition(jsonVisitorCodec) }
  const tick = { offset: 0, appendedAt: T, key: '', body: { kind: 'tick', flush_id: '', hold_ms: 0 } } as const
  expect(() => step(impostor, tick)).toThrow('Not a partition')
})
