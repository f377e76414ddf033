import { hashBytes } from './fingerprint.ts'

/** Where the hash of a row is, by the row's key. */
interface Index<K> {
  get(key: K): number | undefined
  set(key: K, index: number): void
  entries(): Iterable<readonly [K, number]>
}

/** An index for keys that only ascend, 8 bytes each. */
export class AscendingIndex implements Index<number> {
  #keys = new Float64Array(1024)
  #size = 0

  get(key: number): number | undefined {
    let [low, high] = [0, this.#size]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#keys[middle] as number) < key) low = middle + 1
      else high = middle
    }
    return low < this.#size && this.#keys[low] === key ? low : undefined
  }

  /** The key must be above all others, and the index their number. */
  set(key: number, index: number): void {
    if (index !== this.#size || (index > 0 && (this.#keys[index - 1] as number) >= key))
      throw new Error(`key ${key} does not ascend`)
    if (this.#size === this.#keys.length) {
      const larger = new Float64Array(this.#size * 2)
      larger.set(this.#keys)
      this.#keys = larger
    }
    this.#keys[this.#size++] = key
  }

  *entries(): Generator<readonly [number, number]> {
    for (let i = 0; i < this.#size; i++) yield [this.#keys[i] as number, i]
  }
}

const state = { gone: 0, standing: 1, met: 2 } as const

/** What a stored row is to the expected ones. */
export type Meeting = 'same' | 'differs' | 'extra' | 'doubled'

/** The rows a table must hold, each as its key and a hash: whole, a million of them would take gigabytes. */
export class ExpectedRows<K> {
  readonly #index: Index<K>
  #hashes = Buffer.alloc(1024 * hashBytes)
  #states = new Uint8Array(1024)
  #size = 0
  #standing = 0

  constructor(index: Index<K>) {
    this.#index = index
  }

  get standing(): number {
    return this.#standing
  }

  /** The row as it is from now on; undefined when it must not be there. */
  put(key: K, hash: Buffer | undefined): void {
    let at = this.#index.get(key)
    if (at === undefined) {
      at = this.#size
      this.#index.set(key, at)
      this.#grow()
    }
    if (this.#states[at] === state.standing) this.#standing--
    if (hash !== undefined) this.#standing++
    this.#states[at] = hash === undefined ? state.gone : state.standing
    hash?.copy(this.#hashes, at * hashBytes, 0, hashBytes)
  }

  /** Notes that the warehouse holds this row. */
  meet(key: K, hash: Buffer): Meeting {
    const at = this.#index.get(key)
    if (at === undefined || this.#states[at] === state.gone) return 'extra'
    if (this.#states[at] === state.met) return 'doubled'
    this.#states[at] = state.met
    const begin = at * hashBytes
    return this.#hashes.compare(hash, 0, hashBytes, begin, begin + hashBytes) === 0 ? 'same' : 'differs'
  }

  /** Rows that were not met. */
  *missing(): Generator<K> {
    for (const [key, at] of this.#index.entries()) if (this.#states[at] === state.standing) yield key
  }

  #grow(): void {
    this.#size++
    if (this.#size <= this.#states.length) return
    this.#hashes = Buffer.concat([this.#hashes], this.#hashes.length * 2)
    const states = new Uint8Array(this.#states.length * 2)
    states.set(this.#states)
    this.#states = states
  }
}
