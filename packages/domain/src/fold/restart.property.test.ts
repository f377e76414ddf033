import { describe, expect, it } from '@jest/globals'
import {
  arrivals,
  EPOCH,
  jsonVisitorCodec,
  LogBuilder,
  SPAN,
  visitorEvents,
  type Arriving,
} from '@cairn/testkit/domain'
import fc from 'fast-check'
import type { Checkpoint, LogRecord, PartitionState } from '../index.ts'
import { createPartition, restorePartition, step, takeDirty } from '../index.ts'

const goals = [
  { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' },
  { name: 'look', kind: 'micro', match: { event: 'view_item' }, count: 'once_per_session' },
  { name: 'join', kind: 'micro', match: { event: 'sign_up' }, count: 'once_per_visitor' },
]

const scenario = visitorEvents.chain((events) => arrivals(events))

/** With short rules, so that sessions close, are forgotten and visitors vanish while the events arrive. */
function logOf(arriving: readonly Arriving[]): LogRecord[] {
  const log = new LogBuilder()
  let now = EPOCH + SPAN
  log.definitions(now, 1, { session: { gap: '10m', grace: '30m', max_duration: '1h', max_events: 4 }, goals })
  for (const { event, afterMs, then } of arriving) {
    now += afterMs
    log.event(now, event)
    if (then === 'tick') log.tick(now + 1_000)
    if (then === 'flush') log.flush(now)
  }
  log.flush(now + 12 * 3_600_000)
  log.flush(now + 200 * 24 * 3_600_000)
  return log.records
}

/** Saved states and the checkpoint record, as the state topic keeps them. */
class StateTopic {
  readonly states = new Map<string, Uint8Array>()
  checkpoint: Checkpoint | null = null

  /** What the shell does at a checkpoint. */
  write(partition: PartitionState): void {
    for (const [key, bytes] of takeDirty(partition)) {
      if (bytes === null) this.states.delete(key)
      else this.states.set(key, bytes)
    }
    this.checkpoint = {
      position: partition.position,
      stream_time: partition.streamTime,
      event_clock: partition.eventClock,
      definitions_number: partition.definitions.number,
      definitions: partition.definitions.json,
    }
  }

  restore(): PartitionState {
    if (this.checkpoint === null) return createPartition(jsonVisitorCodec)
    return restorePartition(jsonVisitorCodec, this.checkpoint, this.states)
  }
}

const outputsOf = (partition: PartitionState, records: readonly LogRecord[]): string[] =>
  records.map((record) => JSON.stringify(step(partition, record)))

describe('batches, lost transactions and restarts', () => {
  it('leave no trace in the outputs: byte for byte those of one run without any of them', () => {
    const batch = fc.record({
      size: fc.integer({ min: 1, max: 12 }),
      fate: fc.constantFrom('commit', 'checkpoint', 'lost', 'lost after checkpoint'),
    })
    fc.assert(
      fc.property(scenario, fc.array(batch, { minLength: 1, maxLength: 40 }), (arriving, batches) => {
        const records = logOf(arriving)
        const whole = outputsOf(createPartition(jsonVisitorCodec), records)
        const topic = new StateTopic()
        let partition = topic.restore()
        let committed = 0
        const written: string[] = []
        for (const { size, fate } of [...batches, { size: records.length, fate: 'commit' }]) {
          const outputs = outputsOf(partition, records.slice(committed, committed + size))
          if (fate === 'lost after checkpoint') takeDirty(partition)
          if (fate.startsWith('lost')) {
            partition = topic.restore()
            outputsOf(partition, records.slice(partition.position, committed))
          } else {
            if (fate === 'checkpoint') topic.write(partition)
            written.push(...outputs)
            committed += outputs.length
          }
          expect(partition.position).toBe(committed)
        }
        expect(written).toEqual(whole)
      }),
      { numRuns: 300 },
    )
  })

  it('save states that a fresh fold of the whole log has too', () => {
    fc.assert(
      fc.property(scenario, (arriving) => {
        const records = logOf(arriving)
        const [once, often] = [new StateTopic(), new StateTopic()]
        const whole = createPartition(jsonVisitorCodec)
        outputsOf(whole, records)
        once.write(whole)
        let partition = often.restore()
        for (const record of records) {
          step(partition, record)
          often.write(partition)
          partition = often.restore()
        }
        expect(often.checkpoint).toEqual(once.checkpoint)
        expect([...often.states].sort()).toEqual([...once.states].sort())
      }),
      { numRuns: 50 },
    )
  })
})
