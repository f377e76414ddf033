import { commit, foldVersion, rollback, step, type PartitionState, type StepResult } from '@cairn/domain'
import {
  OwnershipLost,
  PartitionStopped,
  readEventInput,
  takeOver,
  type FencedProducer,
  type Incoming,
  type OwnedPartition,
  type TopicRecords,
} from '@cairn/runtime'
import { Outputs } from './outputs.ts'
import { restoreFold, snapshotFold } from './checkpoint.ts'
import { checkState, checkpointRecord, emptySavedState, metaRecord, readState, type SavedState } from './state.ts'
import type { Shell } from './shell.ts'

const pollMs = 1000
const attempts = 5

/** One partition from takeover to hand-over: fence, restore, fold again what is committed, then batch by batch. */
export async function runPartition(shell: Shell, partition: OwnedPartition): Promise<void> {
  const startedAt = performance.now()
  const saved = emptySavedState()
  const producer = await takeOver(partition, shell.takeover, (records) => readState(shell.codec, saved, records))
  try {
    checkState(saved, { partitions: shell.config.CAIRN_PARTITIONS, foldVersion })
    const run = new PartitionRun(shell, partition, producer, saved)
    await run.foldAgain(saved)
    shell.observe.restored(partition.partition, (performance.now() - startedAt) / 1000)
    await run.untilStopped()
  } finally {
    await producer.close()
  }
}

class PartitionRun {
  readonly #shell: Shell
  readonly #partition: OwnedPartition
  readonly #producer: FencedProducer
  readonly #fold: PartitionState
  #outputs: Outputs
  /** Next input offset. */
  #position: number
  #checkpoint: number
  #checkpointAt = performance.now()

  constructor(shell: Shell, partition: OwnedPartition, producer: FencedProducer, saved: SavedState) {
    this.#shell = shell
    this.#partition = partition
    this.#producer = producer
    this.#fold = restoreFold(shell, saved)
    this.#position = saved.checkpoint?.position ?? 0
    this.#checkpoint = this.#position
    this.#outputs = this.#newOutputs(0)
  }

  /** Folds the events between the checkpoint and the last commit without writing, and checks that they say the same again. */
  async foldAgain(saved: SavedState): Promise<void> {
    const committed = saved.meta?.position ?? this.#position
    const inbox = this.#partition.inbox(this.#shell.topic('events'))
    inbox.readFrom(this.#position)
    while (this.#position < committed) {
      await inbox.waitForRecords(pollMs, this.#partition.lost)
      this.#foldRecords(inbox.take(Math.min(this.#shell.config.BATCH_RECORDS, committed - this.#position)))
      this.#outputs.take((topic) => topic)
      commit(this.#fold)
    }
    const expected = saved.meta?.crc ?? 0
    if (this.#outputs.crc === expected) return
    throw new PartitionStopped(
      'not_deterministic',
      `partition ${this.#partition.partition}: events ${this.#checkpoint} to ${committed} folded again give outputs with checksum ${this.#outputs.crc}, ${expected} was committed: the code or its definitions changed under the same fold version ${foldVersion}; run the version that wrote them`,
    )
  }

  async untilStopped(): Promise<void> {
    const { config, observe } = this.#shell
    const { partition, stopping, lost } = this.#partition
    const inbox = this.#partition.inbox(this.#shell.topic('events'))
    while (!stopping.aborted) {
      await inbox.waitForRecords(pollMs, lost)
      const records = inbox.take(config.BATCH_RECORDS)
      if (records.length > 0) await this.#transact(records)
      else if (this.#checkpointIsDue()) await this.#transact([])
      observe.position(partition, this.#position, inbox)
      this.#partition.report(this.#shell.topic('events'), this.#position)
    }
    await this.#transact([], true)
  }

  /** One transaction: the outputs of the records and where the fold stands after them. */
  async #transact(records: readonly Incoming[], withCheckpoint = false): Promise<void> {
    const { faults, observe } = this.#shell
    const { position, crc } = { position: this.#position, crc: this.#outputs.crc }
    for (let attempt = 1; ; attempt++) {
      const results = this.#foldRecords(records)
      const checkpoint = withCheckpoint || this.#checkpointIsDue()
      // A tick that caused nothing moves the fold but needs no transaction: folding it again later causes nothing again.
      if (this.#outputs.isEmpty && !checkpoint) {
        commit(this.#fold)
        return
      }
      await faults.reach('attribution.before-transaction')
      const startedAt = performance.now()
      const end = await this.#producer.transact(this.#partition.partition, this.#records(checkpoint), () =>
        faults.reach('attribution.after-produce'),
      )
      observe.transaction(end.end, (performance.now() - startedAt) / 1000, records.length)
      if (end.end === 'committed') {
        await faults.reach('attribution.after-commit')
        this.#committed(checkpoint, results)
        return
      }
      if (end.end === 'fenced') throw new OwnershipLost(end.cause)
      // In doubt: only a new fence and the state topic behind it tell whether it was committed.
      if (end.end === 'in_doubt' || attempt === attempts)
        throw new Error(`the transaction ended ${end.end}`, { cause: end.cause })
      rollback(this.#fold)
      this.#position = position
      this.#outputs = this.#newOutputs(crc)
    }
  }

  #foldRecords(records: readonly Incoming[]): StepResult[] {
    return records.map((source) => {
      if (source.offset !== this.#position) {
        throw new PartitionStopped(
          'offset_gap',
          `partition ${this.#partition.partition}: expected event offset ${this.#position}, got ${source.offset}`,
        )
      }
      const input = readEventInput(this.#shell.codec, source)
      const result = step(this.#fold, input.record)
      for (const output of result.outputs) this.#outputs.add(input, output)
      this.#position = source.offset + 1
      return result
    })
  }

  #records(checkpoint: boolean): TopicRecords[] {
    const { codec } = this.#shell
    const snapshot = checkpoint ? snapshotFold(this.#shell, this.#fold) : undefined
    const meta = metaRecord(codec, {
      position: this.#position,
      stream_time: this.#fold.streamTime,
      definitions_number: this.#fold.definitions.number,
      fold_version: foldVersion,
      crc: checkpoint ? 0 : this.#outputs.crc,
      checkpoint: checkpoint ? this.#position : this.#checkpoint,
    })
    const state =
      snapshot === undefined ? [meta] : [...snapshot.visitors, checkpointRecord(codec, snapshot.checkpoint), meta]
    return [
      ...this.#outputs.take((kind) => this.#shell.topic(kind)),
      { topic: this.#shell.topic('attribution-state'), records: state },
    ]
  }

  #committed(checkpoint: boolean, results: readonly StepResult[]): void {
    commit(this.#fold)
    this.#shell.observe.folded(this.#partition.partition, results)
    if (!checkpoint) return
    this.#checkpoint = this.#position
    this.#checkpointAt = performance.now()
    this.#outputs = this.#newOutputs(0)
  }

  #checkpointIsDue(): boolean {
    if (this.#position === this.#checkpoint) return false
    const { CHECKPOINT_MS, CHECKPOINT_BYTES } = this.#shell.config
    return performance.now() - this.#checkpointAt >= CHECKPOINT_MS || this.#fold.dirtyBytes >= CHECKPOINT_BYTES
  }

  #newOutputs(crc: number): Outputs {
    return new Outputs(
      this.#shell.codec,
      { topic: this.#shell.topic('events'), partition: this.#partition.partition },
      crc,
    )
  }
}
