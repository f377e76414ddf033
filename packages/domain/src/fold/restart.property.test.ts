import { describe, expect, it } from '@jest/globals'
import {
  arrivals,
  compoundGoals,
  EPOCH,
  jsonVisitorCodec,
  LogBuilder,
  sessionRules,
  SPAN,
  visitorEvents,
  type Arriving,
  type DrawnRules,
} from '@cairn/testkit/domain'
import fc from 'fast-check'
import type { Checkpoint, LogRecord, PartitionState } from '../index.ts'
import { createPartition, restorePartition, step, takeDirty } from '../index.ts'

const goals = [
  { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' },
  { name: 'look', kind: 'micro', match: { event: 'view_item' }, count: 'once_per_session' },
  { name: 'join', kind: 'micro', match: { event: 'sign_up' }, count: 'once_per_visitor' },
  ...compoundGoals,
]

const scenario = visitorEvents.chain((events) => fc.record({ arriving: arrivals(events), rules: sessionRules }))

type Scenario = { readonly arriving: readonly Arriving[]; readonly rules: DrawnRules }

/** With short rules, so that sessions close, are forgotten and visitors vanish while the events arrive. */
function logOf({ arriving, rules }: Scenario): LogRecord[] {
  const log = new LogBuilder()
  let now = EPOCH + SPAN
  log.definitions(now, 1, {
    session: { ...rules.session, gap: '10m', grace: '30m', max_duration: '1h', max_events: 4 },
    goals,
  })
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

/** Fewer than there are visitors, so that flushes come in several parts. */
const maxFlushed = 1

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
      parts: partition.parts,
      stream_time: partition.streamTime,
      event_clock: partition.eventClock,
      definitions_number: partition.definitions.number,
      definitions: partition.definitions.json,
    }
  }

  restore(): PartitionState {
    if (this.checkpoint === null) return createPartition(jsonVisitorCodec, maxFlushed)
    return restorePartition(jsonVisitorCodec, this.checkpoint, this.states, maxFlushed)
  }
}

/** The results of so many steps from where the partition stands, fewer where the log ends. */
function outputsOf(partition: PartitionState, records: readonly LogRecord[], steps = Infinity): string[] {
  const outputs: string[] = []
  for (;;) {
    const record = records[partition.position]
    if (record === undefined || outputs.length >= steps) return outputs
    outputs.push(JSON.stringify(step(partition, record)))
  }
}

describe('batches, lost transactions and restarts', () => {
  it('leave no trace in the outputs: byte for byte those of one run without any of them', () => {
    const batch = fc.record({
      size: fc.integer({ min: 1, max: 12 }),
      fate: fc.constantFrom('commit', 'checkpoint', 'lost', 'lost after checkpoint'),
    })
    fc.assert(
      fc.property(scenario, fc.array(batch, { minLength: 1, maxLength: 40 }), (drawn, batches) => {
        const records = logOf(drawn)
        const whole = outputsOf(createPartition(jsonVisitorCodec, maxFlushed), records)
        const topic = new StateTopic()
        let partition = topic.restore()
        let [committed, saved] = [0, 0]
        const written: string[] = []
        for (const { size, fate } of [...batches, { size: Infinity, fate: 'commit' }]) {
          const outputs = outputsOf(partition, records, size)
          if (fate === 'lost after checkpoint') takeDirty(partition)
          if (fate.startsWith('lost')) {
            partition = topic.restore()
            outputsOf(partition, records, committed - saved)
          } else {
            written.push(...outputs)
            committed += outputs.length
            if (fate !== 'checkpoint') continue
            topic.write(partition)
            saved = committed
          }
        }
        expect(partition.position).toBe(records.length)
        expect(written).toEqual(whole)
      }),
      { numRuns: 300 },
    )
  })

  it('save states that a fresh fold of the whole log has too', () => {
    fc.assert(
      fc.property(scenario, (drawn) => {
        const records = logOf(drawn)
        const [once, often] = [new StateTopic(), new StateTopic()]
        const whole = createPartition(jsonVisitorCodec, maxFlushed)
        outputsOf(whole, records)
        once.write(whole)
        let partition = often.restore()
        while (outputsOf(partition, records, 1).length > 0) {
          often.write(partition)
          const { position, parts } = partition
          partition = often.restore()
          expect(partition).toMatchObject({ position, parts })
        }
        expect(often.checkpoint).toEqual(once.checkpoint)
        expect([...often.states].sort()).toEqual([...once.states].sort())
      }),
      { numRuns: 50 },
    )
  })
})
