import { orderFoldVersion, Orders, StoredOrders } from '@cairn/domain'
import {
  OwnershipLost,
  type FencedProducer,
  type IdempotentProducer,
  type OwnedPartition,
  type TopicRecords,
} from '@cairn/runtime'
import { PendingRecords } from '../pending-records.ts'
import { keptState } from '../stored/kept-state.ts'
import type { StoredState } from '../stored/stored-state.ts'
import { WriteBehind } from '../stored/write-behind.ts'
import { foldBatch, type Appending, type OrdersBatch } from './batch.ts'
import type { OrdersShell } from './shell.ts'
import { checkState, keptOrders, metaRecord, placeOf, type SavedState } from './state.ts'

/** Bytes of a batch: what does not reach the broker within the transaction timeout would be tried again for ever. */
const batchBytes = 4 * 1024 * 1024
/**
 * Bytes of changed orders that are written to the disk together, whatever the time: about 3,000 orders. Until they are there
 * they are in memory, twice as many and a batch at most.
 */
const writtenAtOnce = 4 * 1024 * 1024
/** Where no order says anything the disk would become too old to be trusted. */
const committedEveryMs = 600_000

/**
 * The orders of one partition from takeover to hand-over: fence, restore, then batch by batch: append what is to be said,
 * then commit that it was said. A batch that was said and not committed is said again, and its readers see that.
 */
export async function runOrders(shell: OrdersShell, partition: OwnedPartition): Promise<void> {
  const startedAt = performance.now()
  const stored = keptState(shell, partition, keptOrders(shell))
  await stored.own(shell.takeover, (producer) => goOn(shell, partition, producer, stored, startedAt))
}

async function goOn(
  shell: OrdersShell,
  partition: OwnedPartition,
  producer: FencedProducer,
  stored: StoredState<SavedState>,
  startedAt: number,
): Promise<void> {
  const { saved } = stored
  const place = placeOf(saved)
  partition.follow(shell.topic('order-events'), () => ({ position: place.position, oldest: undefined }))
  checkState(saved, { partitions: shell.config.CAIRN_PARTITIONS, foldVersion: orderFoldVersion })
  await stored.finish(producer)
  const orders = new StoredOrders(shell.orderCodec, stored.disk)
  const run = new OrdersRun(shell, partition, producer, stored, orders)
  try {
    shell.observe.restored(partition.partition, (performance.now() - startedAt) / 1000, stored.isWarm)
    await run.untilStopped(new Orders(shell.orderCodec, place, orders))
  } finally {
    await run.ended()
  }
}

class OrdersRun {
  readonly #shell: OrdersShell
  readonly #partition: OwnedPartition
  readonly #producer: FencedProducer
  readonly #disk: WriteBehind
  readonly #pending: PendingRecords
  #committedAt = performance.now()
  /** Opened with the first verdict: a send that fails ends this run, so that nobody goes on with its sequence numbers. */
  #verdicts: IdempotentProducer | undefined

  constructor(
    shell: OrdersShell,
    partition: OwnedPartition,
    producer: FencedProducer,
    stored: StoredState<SavedState>,
    orders: StoredOrders,
  ) {
    this.#shell = shell
    this.#partition = partition
    this.#producer = producer
    this.#pending = new PendingRecords(partition.inbox(shell.topic('order-events')), partition, {
      most: shell.config.BATCH_RECORDS,
      log: shell.log,
      observe: shell.observe,
      waits: 'the orders of the partition wait',
    })
    const observeHeld = () => shell.observe.held(partition.partition, stored.disk.size, stored.disk.bytes)
    this.#disk = new WriteBehind(stored, {
      take: () => orders.takeUnstored(),
      isMuch: () => orders.unstoredBytes >= writtenAtOnce,
      everyMs: shell.config.CHECKPOINT_MS,
      onStored: () => {
        orders.noteStored()
        observeHeld()
      },
    })
    observeHeld()
  }

  async untilStopped(orders: Orders): Promise<void> {
    const { observe } = this.#shell
    const { partition, stopping } = this.#partition
    const topic = this.#shell.topic('order-events')
    this.#pending.readFrom(orders.position)
    this.#partition.follow(topic, () => this.#pending.progress)
    this.#partition.running()
    while (!stopping.aborted) {
      await this.#pending.wait()
      if (this.#pending.isWaiting) await this.#take(orders)
      if (performance.now() - this.#committedAt >= committedEveryMs) await this.#commit(orders, nothing)
      observe.position(partition, orders.position)
      this.#partition.report(topic, orders.position)
      await this.#disk.goOn()
    }
    this.#pending.close()
    await this.#commit(orders, nothing)
    await this.#disk.finish()
  }

  /** Waits until nothing of it is under way any more, however it ended. */
  async ended(): Promise<void> {
    await Promise.all([this.#disk.ended(), this.#verdicts?.close()])
  }

  /** One batch. Where one says nothing new its position is not written: folding it again says nothing either. */
  async #take(orders: Orders): Promise<void> {
    const { codec, config, observe } = this.#shell
    const origin = { topic: this.#shell.topic('order-events'), partition: this.#partition.partition }
    const options = { codec, origin, partitions: config.CAIRN_PARTITIONS, most: batchBytes }
    const batch = foldBatch(orders, this.#pending.take(), options)
    if (batch.verdicts.length + batch.changed.length + batch.letters.length > 0) {
      await this.#append(batch.verdicts)
      await this.#commit(orders, batch)
    }
    this.#pending.commit()
    observe.folded(batch.tally)
    await this.#pending.waitForSchema(batch.unknownSchema)
  }

  /** Resolves once all verdicts are acknowledged: what is committed after this has been said. */
  async #append(verdicts: readonly Appending[]): Promise<void> {
    const { faults, openProducer } = this.#shell
    if (verdicts.length === 0) return
    await faults.reach('orders.before-append')
    const producer = (this.#verdicts ??= await openProducer())
    const events = this.#shell.topic('events')
    await Promise.all(verdicts.map(({ partition, records }) => producer.send(events, partition, records)))
    await faults.reach('orders.after-append')
  }

  /** However the transaction fails, the partition starts over from its fence, and folds from what is committed. */
  async #commit(orders: Orders, { changed, letters }: Pick<OrdersBatch, 'changed' | 'letters'>): Promise<void> {
    const { codec, config, faults, observe } = this.#shell
    const at = Date.now()
    const meta = metaRecord(codec, {
      position: orders.position,
      stream_time: orders.streamTime,
      fold_version: orderFoldVersion,
      partitions: config.CAIRN_PARTITIONS,
    })
    const stateTopic = this.#shell.topic('order-state')
    const topics: TopicRecords[] = [{ topic: stateTopic, records: [...changed, meta] }]
    if (letters.length > 0) topics.push({ topic: this.#shell.topic('dead-letters'), records: letters })
    const end = await this.#producer.transact(this.#partition.partition, topics)
    observe.transaction(end.end)
    if (end.end === 'fenced') throw new OwnershipLost(end.cause)
    if (end.end !== 'committed') throw new Error(`the transaction ended ${end.end}`, { cause: end.cause })
    await faults.reach('orders.after-commit')
    this.#committedAt = performance.now()
    this.#disk.noteCommitted({ control: [meta], next: end.ends.get(stateTopic), at })
  }
}

const nothing = { changed: [], letters: [] }
