import { commit, rollback, step, type PartitionState, type StepResult } from '@cairn/domain'
import { PartitionStopped, readEventInput, UnknownSchema, type EventInput, type Incoming } from '@cairn/runtime'
import { restoreFold } from './checkpoint.ts'
import { Outputs } from './outputs.ts'
import type { Shell } from './shell.ts'
import type { SavedState } from './state.ts'

/** The fold of a partition at work: takes records and gathers their outputs. Nothing is final before `commit`. */
export class WorkingFold {
  readonly state: PartitionState
  readonly #shell: Shell
  readonly #partition: number
  #outputs: Outputs
  /** Next input offset. */
  #position: number
  #committed: { readonly position: number; readonly crc: number }
  #unknownSchema: UnknownSchema | undefined

  constructor(shell: Shell, partition: number, saved: SavedState) {
    this.state = restoreFold(shell, saved)
    this.#shell = shell
    this.#partition = partition
    this.#position = saved.checkpoint?.position ?? 0
    this.#committed = { position: this.#position, crc: 0 }
    this.#outputs = this.#newOutputs(0)
  }

  get position(): number {
    return this.#position
  }

  get outputs(): Outputs {
    return this.#outputs
  }

  /** What ended the last `take`, because the catalog lacks it. */
  get unknownSchema(): UnknownSchema | undefined {
    return this.#unknownSchema
  }

  /**
   * Folds records until their outputs have `bytes` bytes or one's schema is not known, and returns what became of those
   * it took. Where it ends can't be seen in the outputs.
   */
  take(records: readonly Incoming[], bytes = Infinity): StepResult[] {
    this.#unknownSchema = undefined
    const results: StepResult[] = []
    for (const source of records) {
      if (this.#outputs.bytes >= bytes) break
      this.#expect(source)
      const input = this.#read(source)
      if (input === undefined) break
      const result = step(this.state, input.record)
      for (const output of result.outputs) this.#outputs.add(input, output)
      this.#position = source.offset + 1
      results.push(result)
    }
    return results
  }

  commit(): void {
    commit(this.state)
    this.#committed = { position: this.#position, crc: this.#outputs.crc }
  }

  /** The outputs are summed up anew from a checkpoint on. */
  commitCheckpoint(): void {
    this.#outputs = this.#newOutputs(0)
    this.commit()
  }

  rollback(): void {
    rollback(this.state)
    this.#position = this.#committed.position
    this.#outputs = this.#newOutputs(this.#committed.crc)
  }

  #expect({ offset }: Incoming): void {
    if (offset === this.#position) return
    throw new PartitionStopped(
      'offset_gap',
      `partition ${this.#partition}: expected event offset ${this.#position}, got ${offset}`,
    )
  }

  #read(source: Incoming): EventInput | undefined {
    try {
      return readEventInput(this.#shell.codec, source)
    } catch (error) {
      if (!(error instanceof UnknownSchema)) throw error
      this.#unknownSchema = error
      return undefined
    }
  }

  #newOutputs(crc: number): Outputs {
    return new Outputs(this.#shell.codec, { topic: this.#shell.topic('events'), partition: this.#partition }, crc)
  }
}
