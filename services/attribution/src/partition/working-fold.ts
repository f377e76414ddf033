import { setImmediate as turn } from 'node:timers/promises'
import { step, type Outcome, type PartitionState, type StepResult } from '@cairn/domain'
import { PartitionStopped, readEventInput, UnknownSchema, type EventInput, type Incoming } from '@cairn/runtime'
import { restoreFold } from './checkpoint.ts'
import { Outputs } from './outputs.ts'
import type { Shell } from './shell.ts'
import type { FoldStart } from './state.ts'

/**
 * Records and outputs folded before others get their turn: without one, the batches of several partitions run on after each
 * other, and heartbeats wait for all of them.
 */
const foldedAtOnce = 500

/** What became of records. */
export interface Tally {
  records: number
  late: number
  readonly outcomes: Map<Outcome, number>
  /** Dead letters by reason. */
  readonly dead: Map<string, number>
}

/**
 * The fold of a partition at work: takes records and gathers their outputs. Where these are not written after all, it is of
 * no more use: its state is ahead of what is published.
 */
export class WorkingFold {
  readonly state: PartitionState
  readonly #shell: Shell
  readonly #partition: number
  readonly outputs: Outputs
  #unknownSchema: UnknownSchema | undefined
  #foldedSinceTurn = 0

  constructor(shell: Shell, partition: number, start: FoldStart) {
    this.state = restoreFold(shell, start)
    this.#shell = shell
    this.#partition = partition
    this.outputs = new Outputs(shell.codec, { topic: shell.topic('events'), partition })
  }

  /** Next input offset. */
  get position(): number {
    return this.state.position
  }

  /** Parts of the record there whose outputs were gathered. */
  get parts(): number {
    return this.state.parts
  }

  /** What ended the last `take`, because the catalog lacks it. */
  get unknownSchema(): UnknownSchema | undefined {
    return this.#unknownSchema
  }

  /**
   * Folds records until their outputs have `bytes` bytes or one's schema is not known, and returns what became of those
   * it took. Where it ends can't be seen in the outputs. A record of which it took only some parts, for want of room or
   * because it has had `parts` of them, is not among those: it is to be given again, and the next one is not asked for.
   */
  async take(records: Iterable<Incoming>, bytes = Infinity, parts = Infinity): Promise<Tally> {
    this.#unknownSchema = undefined
    const tally: Tally = { records: 0, late: 0, outcomes: new Map(), dead: new Map() }
    for (const source of records) {
      if (this.outputs.bytes >= bytes) break
      this.#expect(source)
      const input = this.#read(source)
      if (input === undefined) break
      let result = this.#fold(input)
      while (!result.isDone && this.outputs.bytes < bytes && this.state.parts < parts) {
        if (this.#isLongSinceTurn) await this.#giveTurn()
        result = this.#fold(input)
      }
      if (!result.isDone) break
      count(tally, result)
      // Asked first: a promise for each record takes longer than much of what is done with it.
      if (this.#isLongSinceTurn) await this.#giveTurn()
    }
    return tally
  }

  #fold(input: EventInput): StepResult {
    const result = step(this.state, input.record)
    this.#foldedSinceTurn += 1 + result.outputs.length
    for (const output of result.outputs) this.outputs.add(input, output)
    return result
  }

  get #isLongSinceTurn(): boolean {
    return this.#foldedSinceTurn >= foldedAtOnce
  }

  async #giveTurn(): Promise<void> {
    this.#foldedSinceTurn = 0
    await turn()
  }

  /** What was taken is written. The outputs are summed up anew from a checkpoint on. */
  commit(isCheckpoint = false): void {
    this.outputs.commit(isCheckpoint)
  }

  #expect({ offset }: Incoming): void {
    if (offset === this.position) return
    throw new PartitionStopped(
      'offset_gap',
      `partition ${this.#partition}: expected event offset ${this.position}, got ${offset}`,
    )
  }

  #read(source: Incoming): EventInput | undefined {
    try {
      return readEventInput(this.#shell.codec, source, 'skim')
    } catch (error) {
      if (!(error instanceof UnknownSchema)) throw error
      this.#unknownSchema = error
      return undefined
    }
  }
}

function count(tally: Tally, { outcome, outputs, late }: StepResult): void {
  tally.records++
  if (late) tally.late++
  tally.outcomes.set(outcome, (tally.outcomes.get(outcome) ?? 0) + 1)
  if (outcome !== 'poison') return
  for (const output of outputs)
    if (output.kind === 'dead-letter') tally.dead.set(output.reason, (tally.dead.get(output.reason) ?? 0) + 1)
}
