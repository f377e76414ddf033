import type { Fetched } from './fetched.ts'
import type { Incoming } from './record.ts'

/** What an inbox asks of the consumer that fills it. */
export interface Source {
  /** Reads on from this offset, dropping what was fetched from elsewhere. */
  seek(offset: number): void
  pause(): void
  resume(): void
}

/** Fetched records that wait, and their bytes that have not been taken. */
interface Waiting {
  readonly records: Iterator<Incoming, undefined>
  /** Records before it came along with those asked for. */
  readonly from: number
  bytes: number
}

/**
 * The records of one topic-partition waiting for its loop. The consumer only puts them in, so that heartbeats never wait
 * for work; beyond `capacity` bytes the topic-partition is paused, below half of it resumed.
 */
export class Inbox {
  readonly #source: Source
  readonly #capacity: number
  #waiting: Waiting[] = []
  /** The next record to be taken, out of the first of those that wait. */
  #head: Incoming | undefined
  #bytes = 0
  #wanted = false
  #full = false
  #next = 0
  #highWatermark = 0
  #wake: (() => void) | undefined
  #failure: Error | undefined

  constructor(source: Source, capacity: number) {
    this.#source = source
    this.#capacity = capacity
  }

  /** Offset of the next record the consumer should deliver. */
  get next(): number {
    return this.#next
  }

  /** Offset of the next record `take` returns, or of what follows when none waits. */
  get position(): number {
    return this.#head?.offset ?? this.#next
  }

  /** End of the log as last heard of. */
  get highWatermark(): number {
    return this.#highWatermark
  }

  get oldestTimestamp(): number | undefined {
    return this.#head?.timestamp
  }

  /** Forgets what waits and reads on from `offset`. */
  readFrom(offset: number): void {
    this.#forget()
    this.#wanted = true
    this.#next = offset
    this.#failure = undefined
    this.#source.seek(offset)
    this.#source.resume()
  }

  stopReading(): void {
    this.#wanted = false
    this.#source.pause()
  }

  /** Stops reading and forgets what waits. */
  close(): void {
    this.stopReading()
    this.#forget()
  }

  #forget(): void {
    this.#waiting = []
    this.#head = undefined
    this.#bytes = 0
    this.#full = false
  }

  /** Takes up reading again where it stood, after the group has assigned the partition anew. */
  rejoin(): void {
    if (this.#wanted) this.#source.seek(this.#next)
    if (this.#wanted && !this.#full) this.#source.resume()
    else this.#source.pause()
  }

  put({ records, bytes, next, highWatermark }: Fetched): void {
    this.#waiting.push({ records, from: this.#next, bytes })
    this.#bytes += bytes
    this.#head ??= this.#pull()
    this.advance(next)
    this.#highWatermark = Math.max(this.#highWatermark, highWatermark)
    if (this.#bytes > this.#capacity && !this.#full) {
      this.#full = true
      this.#source.pause()
    }
  }

  /** Notes that nothing visible stands before `next`: control records and aborted ones are never delivered. */
  advance(next: number): void {
    this.#next = Math.max(this.#next, next)
    this.#wake?.()
  }

  fail(error: Error): void {
    this.#failure = error
    this.#wake?.()
  }

  /** Lets a waiting loop look around, for instance because the service stops. */
  wake(): void {
    this.#wake?.()
  }

  /** The first record that waits; undefined when none does. */
  get head(): Incoming | undefined {
    return this.#head
  }

  /** Takes out the first record that waits. */
  shift(): void {
    if (this.#head === undefined) return
    this.#head = this.#pull()
    if (this.#full && this.#bytes < this.#capacity / 2) {
      this.#full = false
      if (this.#wanted) this.#source.resume()
    }
  }

  /** Takes out up to `max` waiting records, in order; none when nothing waits. */
  take(max: number): Incoming[] {
    const records: Incoming[] = []
    while (this.#head !== undefined && records.length < max) {
      records.push(this.#head)
      this.shift()
    }
    return records
  }

  #pull(): Incoming | undefined {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const { done, value } = first.records.next()
      const bytes = done === true ? first.bytes : Math.min(first.bytes, value.key.length + (value.value?.length ?? 0))
      first.bytes -= bytes
      this.#bytes -= bytes
      if (done === true) this.#waiting.shift()
      else if (value.offset >= first.from) return value
    }
    return undefined
  }

  /** Resolves when a record waits or `timeoutMs` has passed; rejects when reading has failed or `signal` aborts. */
  async waitForRecords(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#head === undefined) await this.#waitForChange(timeoutMs, signal)
    if (this.#failure !== undefined) throw this.#failure
    signal.throwIfAborted()
  }

  /** Resolves when something arrived, the position moved or `timeoutMs` has passed. */
  #waitForChange(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#failure !== undefined || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#wake = undefined
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      signal.addEventListener('abort', done)
      this.#wake = done
    })
  }
}
