import type { Delivery } from './outbox.ts'

/** One request's records on their way: settled when the last is acknowledged or the first fails. */
export class Parcel {
  readonly settled: Promise<Delivery>
  #waitingFor: number
  #settle: ((delivery: Delivery) => void) | undefined

  constructor(records: number) {
    this.#waitingFor = records
    this.settled = new Promise((resolve) => (this.#settle = resolve))
    if (records === 0) this.#end({ ok: true })
  }

  /** True once nobody waits for its records any more. */
  get isSettled(): boolean {
    return this.#settle === undefined
  }

  acknowledge(records: number): void {
    this.#waitingFor -= records
    if (this.#waitingFor === 0) this.#end({ ok: true })
  }

  fail(delivery: Extract<Delivery, { ok: false }>): void {
    this.#end(delivery)
  }

  #end(delivery: Delivery): void {
    this.#settle?.(delivery)
    this.#settle = undefined
  }
}
