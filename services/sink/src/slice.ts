import {
  backoffMs,
  type OwnedPartition,
  PartitionStopped,
  pause,
  type Progress,
  type SinkIntent,
  UnknownSchema,
} from '@cairn/runtime'
import { passBarrier, standStill } from './barrier/pass.ts'
import { BatchBuilder, type Batch, type PassingBarrier } from './batch/batch.ts'
import { Gatherer } from './batch/gather.ts'
import { deliver } from './insert/deliver.ts'
import type { Ledger, Lease } from './intent/ledger.ts'
import type { Route } from './routes.ts'
import type { Ends, Shell } from './shell.ts'

/** After this time without records, what is stored is noted as done. */
const idleMs = 1000
const schemaBackoff = { firstMs: 1000, maxMs: 30_000 }

/**
 * `given_up`: the service stops before the warehouse took the batch and its barrier. Its intent stays open, which makes
 * the next owner read the batch again: one noted as done would leave a barrier behind that nobody has passed.
 */
type Outcome = 'stored' | 'given_up'

/**
 * One topic of one partition: batch → intent → insert → barrier, one insert in flight. It starts where the last intent
 * says: after it when that is done, with it when it is open.
 */
export class Slice {
  readonly #shell: Shell
  readonly #partition: OwnedPartition
  readonly #route: Route
  readonly #topic: string
  readonly #ledger: Ledger
  readonly #ends: Ends
  #gatherer: Gatherer
  #lastStart = -Infinity
  /** The batch that is not known to be stored yet. */
  #underWay: BatchBuilder | undefined
  /** The barrier behind a stored batch until it is passed. */
  #barrier: PassingBarrier | undefined

  constructor(shell: Shell, partition: OwnedPartition, route: Route, ledger: Ledger, ends: Ends) {
    this.#shell = shell
    this.#partition = partition
    this.#route = route
    this.#topic = shell.topic(route.kind)
    this.#ledger = ledger
    this.#ends = ends
    this.#gatherer = this.#read(0)
  }

  /** Until the service stops; rejects when the partition's time here is over. */
  async run(): Promise<void> {
    this.#partition.follow(this.#topic, () => this.#progress())
    const last = this.#ledger.last(this.#topic)
    if (last !== undefined && !last.done) {
      if ((await this.#finish(last)) === 'given_up') return
    } else this.#gatherer = this.#read(last?.end ?? 0)

    const due = { dueInMs: () => this.#shell.config.FLUSH_MS - (this.#shell.monotonic() - this.#lastStart), idleMs }
    while (!this.#ends.stopping.aborted) {
      const builder = this.#newBatch(this.#shell.config.CAIRN_GENERATION)
      await this.#gatherer.fill(builder, due, this.#ends)
      if (builder.records > 0) {
        if ((await this.#store(builder.build())) === 'given_up') return
      } else if (this.#gatherer.unknownSchema !== undefined) await this.#waitForSchema()
      else await this.#ledger.settle(this.#topic, this.#gatherer.position)
    }
    await this.#ledger.settle(this.#topic, this.#gatherer.position)
  }

  /** Inserts again what an owner before had begun; its token makes the repetition harmless. */
  async #finish(intent: SinkIntent): Promise<Outcome> {
    const batch = await this.#readAgain(intent)
    if (batch === undefined) return 'given_up'
    const { begin, end } = intent
    this.#shell.log.info({ topic: this.#topic, partition: this.#partition.partition, begin, end }, 'open insert found')
    return this.#insert(await this.#ledger.renew(intent), batch, true)
  }

  /** The batch of an intent from the log; undefined when the service stops first. */
  async #readAgain(intent: SinkIntent): Promise<Batch | undefined> {
    for (;;) {
      this.#gatherer = this.#read(intent.begin)
      const builder = this.#newBatch(intent.generation)
      await this.#gatherer.fillUpTo(builder, intent.end, this.#ends)
      if (this.#gatherer.unknownSchema !== undefined) await this.#waitForSchema()
      else if (!this.#ends.stopping.aborted) return sameAs(intent, builder, this.#partition.partition)
      if (this.#ends.stopping.aborted) return undefined
    }
  }

  async #store(batch: Batch): Promise<Outcome> {
    this.#lastStart = this.#shell.monotonic()
    const { kind } = this.#route
    this.#shell.observe.dead(kind, batch.dead)
    if (batch.rows === 0 && batch.dead.length === 0) return this.#pass(batch)
    return this.#insert(await this.#ledger.open(this.#topic, batch), batch, false)
  }

  async #insert(lease: Lease, batch: Batch, isRepeated: boolean): Promise<Outcome> {
    const { faults } = this.#shell
    await faults.reach('sink.after-intent')
    const outcome = await deliver(this.#shell, lease, {
      route: this.#route,
      partition: this.#partition.partition,
      batch,
      isRepeated,
      ledger: this.#ledger,
      ends: this.#ends,
    })
    if (outcome === 'given_up') return outcome
    await faults.reach('sink.after-insert')
    return this.#pass(batch)
  }

  async #pass({ barrier, end }: Batch): Promise<Outcome> {
    const place = { kind: this.#route.kind, partition: this.#partition.partition }
    this.#underWay = undefined
    if (barrier !== undefined) {
      this.#barrier = barrier
      if ((await passBarrier(this.#shell, place, barrier, this.#ends)) === 'given_up') return 'given_up'
      this.#barrier = undefined
      await standStill(this.#shell, place, barrier, this.#ends)
    }
    this.#partition.report(this.#topic, end)
    return 'stored'
  }

  async #waitForSchema(): Promise<void> {
    const schemaId = this.#gatherer.unknownSchema
    const place = { topic: this.#topic, partition: this.#partition.partition }
    for (let failures = 0; schemaId !== undefined && this.#shell.catalog.find(schemaId) === undefined; failures++) {
      this.#shell.observe.blocked(this.#route.kind, place.partition, 'unknown_schema')
      const err = new UnknownSchema(schemaId, this.#gatherer.position)
      this.#shell.log.error({ ...place, err }, 'schema unknown: the topic-partition waits')
      await pause(backoffMs(schemaBackoff, failures), this.#ends.signal, this.#ends.stopping)
      this.#ends.signal.throwIfAborted()
      if (this.#ends.stopping.aborted) return
    }
    this.#shell.observe.blocked(this.#route.kind, place.partition, undefined)
  }

  #read(offset: number): Gatherer {
    const inbox = this.#partition.inbox(this.#topic)
    inbox.readFrom(offset)
    return new Gatherer(inbox, { rows: this.#shell.config.BATCH_ROWS, bytes: this.#shell.config.BATCH_BYTES })
  }

  #newBatch(generation: number): BatchBuilder {
    const { catalog, codec } = this.#shell
    const { partition } = this.#partition
    return (this.#underWay = new BatchBuilder({ route: this.#route, catalog, codec, generation, partition }))
  }

  /** What is gathered counts as not done until it is stored, a barrier until it is passed. */
  #progress(): Progress {
    if (this.#barrier !== undefined) return { position: this.#barrier.offset, oldest: this.#barrier.at }
    const first = this.#underWay?.first
    return {
      position: first?.offset ?? this.#gatherer.position,
      oldest: first?.timestamp ?? this.#gatherer.oldest,
    }
  }
}

function sameAs(intent: SinkIntent, builder: BatchBuilder, partition: number): Batch {
  const batch = builder.records === 0 ? undefined : builder.build()
  if (batch?.rows === intent.rows && batch.crc === intent.crc) return batch
  const found = batch === undefined ? 'nothing' : `${batch.rows} rows with checksum ${batch.crc}`
  throw new PartitionStopped(
    'changed_range',
    `${intent.topic}-${partition}: offsets ${intent.begin} to ${intent.end} were ${intent.rows} rows with checksum ${intent.crc} when their insert began and are ${found} now: the log or the schemas changed; restore them, the sink does not guess what was stored`,
  )
}
