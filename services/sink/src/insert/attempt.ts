import { type Answer, maxInsertSeconds, pause } from '@cairn/runtime'
import { leaseMs } from '../intent/ledger.ts'
import { finishByTables, type Own } from '../repair/finish.ts'
import { restartedSince } from '../repair/restarted.ts'
import type { Shell } from '../shell.ts'
import { insertPortion, tokenOf, type Delivery } from './portion.ts'

/** One batch on its way into the warehouse, attempt by attempt. */
export class Attempt {
  readonly #shell: Shell
  readonly #delivery: Delivery
  readonly #own: Own
  /** When an insert under the token may have begun last, here or at an earlier owner, whose lease may run on; monotonic. */
  #lastInsertAt: number

  /** `own` gives the intent, having proved ownership again when that was too long ago for another insert to start. */
  constructor(shell: Shell, delivery: Delivery, own: Own) {
    this.#shell = shell
    this.#delivery = delivery
    this.#own = own
    this.#lastInsertAt = delivery.isRepeated ? shell.monotonic() + leaseMs : -Infinity
  }

  /** Undefined where the service stops before it may be told what is stored. */
  async run(failures: number): Promise<Answer<void> | undefined> {
    const shell = this.#shell
    const isRepeated = this.#lastInsertAt > -Infinity
    const intent = await this.#own()
    const isRemembered = shell.now() - intent.at < shell.config.SAFE_WINDOW_MS
    if (isRemembered) {
      const stored = await this.#insertAll(failures)
      if (!stored.ok || !isRepeated) return stored
    }
    const restarted = await restartedSince(shell, intent)
    if (!restarted.ok) return restarted
    if (isRemembered && !restarted.value) return { ok: true, value: undefined }
    // An answer under the token settles all earlier attempts. Without one, an attempt since the start may be under way.
    if (!isRemembered && restarted.value && !(await this.#nothingIsUnderWay())) return undefined
    return finishByTables(shell, this.#own, this.#delivery, { failures, isTokenSpoilt: restarted.value })
  }

  async #insertAll(failures: number): Promise<Answer<void>> {
    for (const portion of this.#delivery.batch.portions) {
      const token = tokenOf(await this.#own(), this.#delivery.partition, portion)
      this.#lastInsertAt = Math.max(this.#lastInsertAt, this.#shell.monotonic())
      const stored = await insertPortion(this.#shell, this.#delivery, portion, token, failures)
      if (!stored.ok) return stored
    }
    return { ok: true, value: undefined }
  }

  /** Waits until that is so; false where the service stops first. */
  async #nothingIsUnderWay(): Promise<boolean> {
    const { signal, stopping } = this.#delivery.ends
    const until = this.#lastInsertAt + maxInsertSeconds * 1000
    const waitMs = until - this.#shell.monotonic()
    if (waitMs <= 0) return true
    await pause(waitMs, signal, stopping)
    signal.throwIfAborted()
    return !stopping.aborted
  }
}
