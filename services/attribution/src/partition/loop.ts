import { setImmediate as turn } from 'node:timers/promises'
import { foldVersion, limitCache, noteStored } from '@cairn/domain'
import {
  backoffMs,
  OwnershipLost,
  PartitionStopped,
  pause,
  RecordBuffer,
  type FencedProducer,
  type Inbox,
  type Incoming,
  type Outgoing,
  type OwnedPartition,
  type TopicBuffer,
  type TopicEnds,
  type TopicRecords,
} from '@cairn/runtime'
import type { StoredState } from '../stored/stored-state.ts'
import { takeCheckpoint, type Checkpointed } from './checkpoint.ts'
import type { Shell } from './shell.ts'
import { checkState, metaRecord, type SavedState } from './state.ts'
import { storedVisitors } from './stored-visitors.ts'
import { WorkingFold } from './working-fold.ts'

const pollMs = 1000
const schemaBackoff = { firstMs: 1000, maxMs: 30_000 }

/**
 * Bytes of outputs after which a transaction takes no further record or part of one; a checkpoint of more goes into one
 * of its own. Timers can make thousands of rows from one record and a flush any number, so a number of records bounds
 * nothing; and what does not reach the broker within the transaction timeout would be tried again for ever.
 */
const transactionBytes = 8 * 1024 * 1024

/** One partition from takeover to hand-over: fence, restore, fold again what is committed, then batch by batch. */
export async function runPartition(shell: Shell, partition: OwnedPartition): Promise<void> {
  const startedAt = performance.now()
  const stored = storedVisitors(shell, partition)
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
  readonly #inbox: Inbox
  readonly #fold: WorkingFold
  /** Read, not committed. */
  #waiting: readonly Incoming[] = []
  /** Attempts in a row that ended at a schema that is not known. */
  #schemaFailures = 0
  #checkpoint: Pick<WorkingFold, 'position' | 'parts'>
  #checkpointAt = performance.now()
  /** Of checkpoints, which take some megabytes each. */
  #stateRecords = new RecordBuffer()
  readonly #stored: StoredState<SavedState>
  /** The last checkpoint on its way to the disk. The fold goes on meanwhile; the next one waits for it. */
  #storing: Promise<void> = Promise.resolve()
  #storeFailure: Error | undefined

  constructor(shell: Shell, partition: OwnedPartition, producer: FencedProducer, stored: StoredState<SavedState>) {
    this.#shell = shell
    this.#partition = partition
    this.#producer = producer
    this.#inbox = partition.inbox(shell.topic('events'))
    this.#fold = new WorkingFold(shell, partition.partition, { checkpoint: stored.saved.checkpoint, cold: stored.disk })
    this.#stored = stored
    limitCache(this.#fold.state, shell.cacheBytes())
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
    this.#inbox.readFrom(fold.position)
    while (isBehind()) {
      const records = committed.position - fold.position
      await this.#read(Math.max(1, records))
      // The record after the committed ones may have been written in part. It stays, for the rest of it.
      const parts = records > 0 ? Infinity : committed.parts
      const { records: taken } = await fold.take(this.#waiting, transactionBytes, parts)
      this.#waiting = this.#waiting.slice(taken)
      fold.commit()
      await this.#waitForSchema()
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
    this.#partition.follow(events, () => ({
      position: this.#waiting[0]?.offset ?? this.#inbox.position,
      oldest: this.#waiting[0]?.timestamp ?? this.#inbox.oldestTimestamp,
    }))
    this.#partition.running()
    while (!stopping.aborted) {
      await this.#read(Infinity)
      if (this.#waiting.length > 0 || this.#checkpointIsDue()) await this.#transact(this.#checkpointIsDue())
      this.#shell.observe.position(partition, this.#fold.position)
      this.#partition.report(events, this.#fold.position)
      await this.#waitForSchema()
    }
    this.#waiting = []
    await this.#transact(true)
    await this.#storing
  }

  /** Waits until nothing of it is under way any more, however it ended. */
  async ended(): Promise<void> {
    await this.#storing.catch(() => undefined)
  }

  /** Waits for records where none are left from before. */
  async #read(most: number): Promise<void> {
    if (this.#waiting.length > 0) return
    await this.#inbox.waitForRecords(pollMs, this.#partition.lost)
    this.#waiting = this.#inbox.take(Math.min(this.#shell.config.BATCH_RECORDS, most))
  }

  /** One transaction: the outputs of what waits, as far as they find room, and where the fold stands after them. */
  async #transact(checkpoint: boolean): Promise<void> {
    const { observe } = this.#shell
    const fold = this.#fold
    if (this.#storeFailure !== undefined) throw this.#storeFailure
    if (checkpoint) await this.#storing
    limitCache(fold.state, this.#shell.cacheBytes())
    const room = checkpoint && fold.state.dirtyBytes > transactionBytes ? 0 : transactionBytes
    const tally = await fold.take(this.#waiting, room)
    // A tick that caused nothing moves the fold but needs no transaction: folding it again later causes nothing again.
    if (!fold.outputs.isEmpty || checkpoint) await this.#write(checkpoint, tally.records)
    fold.commit(checkpoint)
    if (checkpoint) {
      this.#checkpoint = placeOf(fold)
      this.#checkpointAt = performance.now()
      // One that was catching up when the last events came would keep it for nothing.
      if (this.#stateRecords.byteLength > transactionBytes) this.#stateRecords = new RecordBuffer()
    }
    this.#waiting = this.#waiting.slice(tally.records)
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
    if (checkpoint !== undefined) this.#store(checkpoint, end.ends, at)
  }

  /** Has a committed checkpoint written to the disk. What fails there ends the loop before its next transaction. */
  #store({ states, control }: Checkpointed, ends: TopicEnds, at: number): void {
    const fold = this.#fold
    const next = ends.get(this.#shell.topic('attribution-state'))
    this.#storing = this.#stored.store(states, control, next, at).then(() => {
      noteStored(fold.state)
      const { hits, misses } = fold.state.cache
      const held = { cacheBytes: fold.state.cacheBytes, hits, misses, diskBytes: this.#stored.disk.bytes }
      this.#shell.observe.held(this.#partition.partition, held)
    })
    this.#storing.catch((error: unknown) => {
      this.#storeFailure = error instanceof Error ? error : new Error(String(error))
    })
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

  /**
   * Where a schema is unknown, waits a while in place: starting over would read the whole state again, and find the
   * schema as unknown as before.
   */
  async #waitForSchema(): Promise<void> {
    const { log, observe } = this.#shell
    const { partition, lost, stopping } = this.#partition
    const { unknownSchema } = this.#fold
    if (unknownSchema === undefined) {
      if (this.#schemaFailures > 0) observe.blocked(partition, false)
      this.#schemaFailures = 0
      return
    }
    observe.blocked(partition, true)
    log.error({ partition, err: unknownSchema }, 'schema unknown: the partition waits')
    await pause(backoffMs(schemaBackoff, this.#schemaFailures++), lost, stopping)
    lost.throwIfAborted()
  }

  #checkpointIsDue(): boolean {
    const { position, parts } = this.#checkpoint
    if (this.#fold.position === position && this.#fold.parts === parts) return false
    const { CHECKPOINT_MS, CHECKPOINT_BYTES } = this.#shell.config
    return performance.now() - this.#checkpointAt >= CHECKPOINT_MS || this.#fold.state.dirtyBytes >= CHECKPOINT_BYTES
  }
}

function placeOf({ position, parts }: WorkingFold): Pick<WorkingFold, 'position' | 'parts'> {
  return { position, parts }
}
