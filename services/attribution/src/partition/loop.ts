import { setImmediate as turn } from 'node:timers/promises'
import { foldVersion, limitCache, noteStored } from '@cairn/domain'
import {
  OwnershipLost,
  PartitionStopped,
  RecordBuffer,
  type FencedProducer,
  type Outgoing,
  type OwnedPartition,
  type TopicBuffer,
  type TopicEnds,
  type TopicRecords,
} from '@cairn/runtime'
import { PendingRecords } from '../pending-records.ts'
import { keptState } from '../stored/kept-state.ts'
import type { StoredState } from '../stored/stored-state.ts'
import { WriteBehind } from '../stored/write-behind.ts'
import { takeCheckpoint, type Checkpointed } from './checkpoint.ts'
import type { Shell } from './shell.ts'
import { checkState, keptVisitors, metaRecord, type SavedState } from './state.ts'
import { Unstored } from './unstored.ts'
import { WorkingFold } from './working-fold.ts'

/**
 * Bytes of outputs after which a transaction takes no further record or part of one; a checkpoint of more goes into one
 * of its own. Timers can make thousands of rows from one record and a flush any number, so a number of records bounds
 * nothing; and what does not reach the broker within the transaction timeout would be tried again for ever.
 */
const transactionBytes = 8 * 1024 * 1024

/** The part of the memory for visitors that checkpoints may come to before they are written to the disk, as one. */
const unstoredShare = 1 / 4
/** A disk has no older state than this: what is newer has to be read again, and one that is much older is of no use. */
const storedEveryMs = 600_000

/** One partition from takeover to hand-over: fence, restore, fold again what is committed, then batch by batch. */
export async function runPartition(shell: Shell, partition: OwnedPartition): Promise<void> {
  const startedAt = performance.now()
  const stored = keptState(shell, partition, keptVisitors(shell))
  await stored.own(shell.takeover, (producer) => goOn(shell, partition, producer, stored, startedAt))
}

async function goOn(
  shell: Shell,
  partition: OwnedPartition,
  producer: FencedProducer,
  stored: StoredState<SavedState>,
  startedAt: number,
): Promise<void> {
  const { saved } = stored
  const committed = saved.meta?.position ?? saved.checkpoint?.position ?? 0
  partition.follow(shell.topic('events'), () => ({ position: committed, oldest: undefined }))
  checkState(saved, { partitions: shell.config.CAIRN_PARTITIONS, foldVersion })
  await stored.finish(producer)
  const run = new PartitionRun(shell, partition, producer, stored)
  try {
    if ((await run.foldAgain(saved)) === 'given_up') return
    shell.observe.restored(partition.partition, (performance.now() - startedAt) / 1000, stored.isWarm)
    await run.untilStopped()
  } finally {
    await run.ended()
  }
}

class PartitionRun {
  readonly #shell: Shell
  readonly #partition: OwnedPartition
  readonly #producer: FencedProducer
  readonly #pending: PendingRecords
  readonly #fold: WorkingFold
  #checkpoint: Pick<WorkingFold, 'position' | 'parts'>
  #checkpointAt = performance.now()
  /** Of checkpoints, which take some megabytes each. */
  #stateRecords = new RecordBuffer()
  readonly #stored: StoredState<SavedState>
  readonly #unstored = new Unstored()
  readonly #disk: WriteBehind

  constructor(shell: Shell, partition: OwnedPartition, producer: FencedProducer, stored: StoredState<SavedState>) {
    this.#shell = shell
    this.#partition = partition
    this.#producer = producer
    this.#pending = new PendingRecords(partition.inbox(shell.topic('events')), partition, {
      most: shell.config.BATCH_RECORDS,
      log: shell.log,
      observe: shell.observe,
      waits: 'the partition waits',
    })
    this.#fold = new WorkingFold(shell, partition.partition, { checkpoint: stored.saved.checkpoint, cold: stored.disk })
    this.#stored = stored
    this.#disk = new WriteBehind(stored, {
      take: () => this.#unstored.take(),
      isMuch: () => this.#unstored.bytes > this.#cacheBytes * unstoredShare || this.#fold.state.isOverfull,
      everyMs: storedEveryMs,
      onStored: () => {
        noteStored(this.#fold.state)
        this.#observeHeld()
      },
    })
    limitCache(this.#fold.state, this.#cacheBytes)
    this.#checkpoint = placeOf(this.#fold)
  }

  /**
   * Folds the events between the checkpoint and the last commit without writing, and checks that they say the same again.
   * `given_up` when the service stops before it is there: then nothing may be written, since what follows is published.
   */
  async foldAgain(saved: SavedState): Promise<'done' | 'given_up'> {
    const fold = this.#fold
    const committed = saved.meta ?? placeOf(fold)
    const isBehind = () => fold.position < committed.position || fold.parts < committed.parts
    this.#pending.readFrom(fold.position)
    while (isBehind()) {
      const records = committed.position - fold.position
      await this.#pending.wait()
      // The record after the committed ones may have been written in part. It stays, for the rest of it.
      const parts = records > 0 ? Infinity : committed.parts
      await fold.take(this.#pending.take(Math.max(1, records)), transactionBytes, parts)
      this.#pending.commit()
      fold.commit()
      this.#noteMemory()
      await this.#pending.waitForSchema(fold.unknownSchema)
      if (this.#partition.stopping.aborted && isBehind()) return 'given_up'
    }
    const expected = saved.meta?.crc ?? 0
    if (fold.outputs.crc === expected) return 'done'
    throw new PartitionStopped(
      'not_deterministic',
      `partition ${this.#partition.partition}: events ${this.#checkpoint.position} to ${committed.position} folded again give outputs with checksum ${fold.outputs.crc}, ${expected} was committed: the code or its definitions changed under the same fold version ${foldVersion}; run the version that wrote them`,
    )
  }

  async untilStopped(): Promise<void> {
    const { partition, stopping } = this.#partition
    const events = this.#shell.topic('events')
    this.#partition.follow(events, () => this.#pending.progress)
    this.#partition.running()
    while (!stopping.aborted) {
      await this.#pending.wait()
      if (this.#pending.isWaiting || this.#checkpointIsDue()) await this.#transact(this.#checkpointIsDue())
      await this.#disk.goOn()
      this.#shell.observe.position(partition, this.#fold.position)
      this.#partition.report(events, this.#fold.position)
      await this.#pending.waitForSchema(this.#fold.unknownSchema)
    }
    this.#pending.close()
    await this.#transact(true)
    await this.#disk.finish()
  }

  /** Waits until nothing of it is under way any more, however it ended. */
  async ended(): Promise<void> {
    await this.#disk.ended()
    this.#shell.memory.note(this.#partition.partition, 0)
  }

  /** One transaction: the outputs of what waits, as far as they find room, and where the fold stands after them. */
  async #transact(checkpoint: boolean): Promise<void> {
    const { observe } = this.#shell
    const fold = this.#fold
    // What the next one takes would count as stored with what is on its way.
    if (checkpoint) await this.#disk.idle()
    limitCache(fold.state, this.#cacheBytes)
    const room = checkpoint && fold.state.dirtyBytes > transactionBytes ? 0 : transactionBytes
    const tally = await fold.take(this.#pending.take(), room)
    // A tick that caused nothing moves the fold but needs no transaction: folding it again later causes nothing again.
    if (!fold.outputs.isEmpty || checkpoint) await this.#write(checkpoint, tally.records)
    fold.commit(checkpoint)
    if (checkpoint) {
      this.#checkpoint = placeOf(fold)
      this.#checkpointAt = performance.now()
      // One that was catching up when the last events came would keep it for nothing.
      if (this.#stateRecords.byteLength > transactionBytes) this.#stateRecords = new RecordBuffer()
    }
    this.#pending.commit()
    this.#noteMemory()
    observe.folded(tally)
  }

  /**
   * Writes what was folded, and nothing of it twice. However a transaction fails, the partition starts over from its fence:
   * the state topic behind it tells whether it was committed, and the fold is restored to what is.
   */
  async #write(isCheckpoint: boolean, records: number): Promise<void> {
    const { faults, observe } = this.#shell
    await faults.reach('attribution.before-transaction')
    const at = Date.now()
    const meta = this.#metaRecord(isCheckpoint)
    if (isCheckpoint) await turn()
    const checkpoint = isCheckpoint
      ? await takeCheckpoint(this.#shell, this.#fold.state, meta, this.#stateRecords)
      : undefined
    const startedAt = performance.now()
    const end = await this.#producer.transact(this.#partition.partition, this.#records(meta, isCheckpoint), () =>
      faults.reach('attribution.after-produce'),
    )
    observe.transaction(end.end, (performance.now() - startedAt) / 1000, records)
    if (end.end === 'fenced') throw new OwnershipLost(end.cause)
    if (end.end !== 'committed') throw new Error(`the transaction ended ${end.end}`, { cause: end.cause })
    await faults.reach('attribution.after-commit')
    if (checkpoint !== undefined) this.#noteCommitted(checkpoint, end.ends, at)
  }

  /** From here on a checkpoint may be written to the disk. */
  #noteCommitted({ states, control }: Checkpointed, ends: TopicEnds, at: number): void {
    this.#unstored.add(states)
    this.#disk.noteCommitted({ control, next: ends.get(this.#shell.topic('attribution-state')), at })
    this.#observeHeld()
  }

  #observeHeld(): void {
    const { cache, cacheBytes } = this.#fold.state
    const { hits, misses } = cache
    const held = { cacheBytes, hits, misses, diskBytes: this.#stored.disk.bytes, unstoredBytes: this.#unstored.bytes }
    this.#shell.observe.held(this.#partition.partition, held)
  }

  #noteMemory(): void {
    this.#shell.memory.note(this.#partition.partition, this.#fold.state.cacheBytes + this.#unstored.bytes)
  }

  #metaRecord(isCheckpoint: boolean): Outgoing {
    const { state, position, parts, outputs } = this.#fold
    return metaRecord(this.#shell.codec, {
      position,
      parts,
      stream_time: state.streamTime,
      definitions_number: state.definitions.number,
      fold_version: foldVersion,
      crc: isCheckpoint ? 0 : outputs.crc,
      checkpoint: isCheckpoint ? position : this.#checkpoint.position,
    })
  }

  #records(meta: Outgoing, isCheckpoint: boolean): (TopicRecords | TopicBuffer)[] {
    const topic = this.#shell.topic('attribution-state')
    return [
      ...this.#fold.outputs.records((kind) => this.#shell.topic(kind)),
      isCheckpoint ? { topic, records: this.#stateRecords } : { topic, records: [meta] },
    ]
  }

  get #cacheBytes(): number {
    return this.#shell.ofPartition(this.#shell.config.STATE_CACHE_BYTES)
  }

  #checkpointIsDue(): boolean {
    const { position, parts } = this.#checkpoint
    if (this.#fold.position === position && this.#fold.parts === parts) return false
    const { CHECKPOINT_MS, CHECKPOINT_BYTES } = this.#shell.config
    const isMuch = this.#fold.state.dirtyMemory >= this.#shell.ofPartition(CHECKPOINT_BYTES)
    return isMuch || performance.now() - this.#checkpointAt >= CHECKPOINT_MS
  }
}

function placeOf({ position, parts }: WorkingFold): Pick<WorkingFold, 'position' | 'parts'> {
  return { position, parts }
}
