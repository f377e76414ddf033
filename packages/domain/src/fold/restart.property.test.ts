import { describe, expect, it } from '@jest/globals'
import {
  arrivals,
  compoundGoals,
  decided,
  EPOCH,
  jsonVisitorCodec,
  LogBuilder,
  MemoryVisitors,
  sessionRules,
  SPAN,
  visitorEvents,
  type Arriving,
  type DrawnRules,
  windowedGoals,
} from '@cairn/testkit/domain'
import fc from 'fast-check'
import type { Checkpoint, LogRecord, PartitionOptions, PartitionState } from '../index.ts'
import { createPartition, noteStored, restorePartition, step, takeDirty, takeDirtyIn } from '../index.ts'

const goals = [
  { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' },
  { name: 'look', kind: 'micro', match: { event: 'view_item' }, count: 'once_per_session' },
  { name: 'join', kind: 'micro', match: { event: 'sign_up' }, count: 'once_per_visitor' },
  ...compoundGoals,
  ...windowedGoals,
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
  const whole = new LogBuilder(decided(log.records, 2))
  whole.flush(now + 12 * 3_600_000)
  whole.flush(now + 200 * 24 * 3_600_000)
  return whole.records
}

/** Fewer than there are visitors, so that flushes come in several parts, of closes too, and timers wait for records. */
const maxVisitors = 1

/**
 * Saved states and the checkpoint record, as the state topic keeps them, and a store as a disk is: it may lack the last
 * checkpoint, be told of it late, and be emptied.
 */
class StateTopic {
  readonly log: (readonly [key: string, bytes: Uint8Array | null])[] = []
  checkpoint: Checkpoint | null = null
  disk = new MemoryVisitors(jsonVisitorCodec)
  #stored = 0
  #writes = 0
  readonly #cacheBytes: number

  /** @param cacheBytes 0 to drop every visitor as soon as the store has it */
  constructor(cacheBytes: number) {
    this.#cacheBytes = cacheBytes
  }

  /** What the shell does at a checkpoint, but for the disk, which has up to two of them later. */
  write(partition: PartitionState, portionBytes = 1): void {
    if (++this.#writes % 2 === 0) this.store(partition)
    for (const portion of takeDirtyIn(partition, portionBytes)) this.log.push(...portion)
    this.checkpoint = {
      position: partition.position,
      parts: partition.parts,
      stream_time: partition.streamTime,
      event_clock: partition.eventClock,
      definitions_number: partition.definitions.number,
      definitions: partition.definitions.json,
    }
  }

  /** The disk gets what it lacks. */
  store(partition?: PartitionState): void {
    this.disk.write(this.log.slice(this.#stored))
    this.#stored = this.log.length
    if (partition !== undefined) noteStored(partition)
  }

  wipe(): void {
    this.disk = new MemoryVisitors(jsonVisitorCodec)
    this.#stored = 0
  }

  restore(): PartitionState {
    this.store()
    const options: PartitionOptions = { maxVisitors, cold: this.disk, cacheBytes: this.#cacheBytes }
    if (this.checkpoint === null) return createPartition(jsonVisitorCodec, options)
    return restorePartition(jsonVisitorCodec, this.checkpoint, { ...options, cold: this.disk })
  }

  states(): unknown[] {
    this.store()
    return this.disk
      .states()
      .map(([key, bytes]) => [key, Buffer.from(bytes).toString()] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
  }
}

const cacheBytes = fc.constantFrom(0, 3_000, Infinity)

/** The results of so many steps from where the partition stands, fewer where the log ends. */
function outputsOf(partition: PartitionState, records: readonly LogRecord[], steps = Infinity): string[] {
  const outputs: string[] = []
  for (;;) {
    const record = records[partition.position]
    if (record === undefined || outputs.length >= steps) return outputs
    outputs.push(JSON.stringify(step(partition, record)))
  }
}

describe('batches, lost transactions, restarts and what is left to the disk', () => {
  it('leave no trace in the outputs: byte for byte those of one run without any of them', () => {
    const batch = fc.record({
      size: fc.integer({ min: 1, max: 12 }),
      fate: fc.constantFrom('commit', 'checkpoint', 'stored late', 'lost', 'lost after checkpoint', 'wiped'),
    })
    fc.assert(
      fc.property(scenario, fc.array(batch, { minLength: 1, maxLength: 40 }), cacheBytes, (drawn, batches, room) => {
        const records = logOf(drawn)
        const whole = outputsOf(createPartition(jsonVisitorCodec, { maxVisitors }), records)
        const topic = new StateTopic(room)
        let partition = topic.restore()
        let [committed, saved] = [0, 0]
        const written: string[] = []
        for (const { size, fate } of [...batches, { size: Infinity, fate: 'commit' }]) {
          const outputs = outputsOf(partition, records, size)
          if (fate === 'lost after checkpoint') {
            topic.store(partition)
            takeDirty(partition)
          }
          if (fate === 'wiped') topic.wipe()
          if (fate.startsWith('lost') || fate === 'wiped') {
            partition = topic.restore()
            outputsOf(partition, records, committed - saved)
          } else {
            written.push(...outputs)
            committed += outputs.length
            if (fate === 'commit') continue
            topic.write(partition)
            if (fate === 'checkpoint') topic.store(partition)
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
      fc.property(scenario, cacheBytes, (drawn, room) => {
        const records = logOf(drawn)
        const [once, often] = [new StateTopic(room), new StateTopic(room)]
        const whole = createPartition(jsonVisitorCodec, { maxVisitors })
        outputsOf(whole, records)
        once.write(whole, Infinity)
        let partition = often.restore()
        while (outputsOf(partition, records, 1).length > 0) {
          often.write(partition)
          const { position, parts } = partition
          partition = often.restore()
          expect(partition).toMatchObject({ position, parts })
        }
        expect(often.checkpoint).toEqual(once.checkpoint)
        expect(often.states()).toEqual(once.states())
      }),
      { numRuns: 50 },
    )
  })
})
