import type { Millis } from '../event/event.ts'
import { NEVER } from './visitor.ts'

/** Dead entries that are not worth going through all for. */
const COMPACT_FROM = 1_024

/** What a timer queue knows of a visitor: for each queue by its number, the time of its one live entry. */
export interface Timed {
  readonly key: string
  readonly armed: Millis[]
}

/** Children of a place in the heap: those of four lie together, and there are half as many levels to go down as with two. */
const BRANCHES = 4

/**
 * The visitors by due time: a heap ordered by (due, key). A visitor has at most one live entry, never later than
 * it is due; when its due time moves on, the entry stays where it is and is put right when it comes up. So an event
 * costs nothing here, and an entry that a forgotten visitor left behind is merely looked at once.
 */
export class TimerQueue<T extends Timed> {
  private dues: Millis[] = []
  private items: T[] = []
  readonly number: number
  /** When an item is due now, NEVER when it is not. */
  readonly dueOf: (item: T) => Millis

  /** @param number which of the times in `armed` is this queue's */
  constructor(number: number, dueOf: (item: T) => Millis) {
    this.number = number
    this.dueOf = dueOf
  }

  /** Makes sure that `item` comes up no later than `due`. */
  arm(item: T, due: Millis): void {
    if (due >= NEVER || due >= this.armedAt(item)) return
    item.armed[this.number] = due
    this.push(item, due)
  }

  /**
   * Takes out the next item that is due, in order of (due, key); it has no live entry then. An entry that came up early
   * goes back to where its item is due now: served at once, it would overtake others.
   */
  next(now: Millis): T | undefined {
    for (;;) {
      const due = this.dues[0]
      const item = this.items[0]
      if (due === undefined || item === undefined || due > now) return undefined
      this.removeFirst()
      if (this.armedAt(item) !== due) continue
      item.armed[this.number] = NEVER
      const actual = this.dueOf(item)
      if (actual <= due) return item
      this.arm(item, actual)
    }
  }

  /** Leaves an item without a live entry. */
  disarm(item: T): void {
    item.armed[this.number] = NEVER
  }

  /** Drops the entries that are not live, once they are more than those of `items` items: they keep what they name alive. */
  compact(items: number): void {
    if (this.items.length <= 2 * items + COMPACT_FROM) return
    const live = [...this.live()]
    this.dues = []
    this.items = []
    for (const item of live) this.push(item, this.armedAt(item))
  }

  /** The items with a live entry, in no order. */
  *live(): Iterable<T> {
    for (const [at, item] of this.items.entries()) if (this.armedAt(item) === this.dues[at]) yield item
  }

  private armedAt(item: T): Millis {
    return item.armed[this.number] as Millis
  }

  private push(item: T, due: Millis): void {
    let at = this.dues.length
    this.dues.push(due)
    this.items.push(item)
    while (at > 0) {
      const parent = Math.floor((at - 1) / BRANCHES)
      if (!this.isBefore(at, parent)) break
      this.swap(at, parent)
      at = parent
    }
  }

  private removeFirst(): void {
    const last = this.dues.length - 1
    this.swap(0, last)
    this.dues.pop()
    this.items.pop()
    let at = 0
    for (;;) {
      const child = this.firstChild(at)
      if (child >= last || this.isBefore(at, child)) break
      this.swap(at, child)
      at = child
    }
  }

  /** The child that comes before the others; beyond the end where there is none. */
  private firstChild(at: number): number {
    let first = BRANCHES * at + 1
    const end = Math.min(first + BRANCHES, this.dues.length)
    for (let child = first + 1; child < end; child++) if (this.isBefore(child, first)) first = child
    return first
  }

  private swap(a: number, b: number): void {
    const { dues, items } = this
    const due = dues[a] as Millis
    const item = items[a] as T
    dues[a] = dues[b] as Millis
    items[a] = items[b] as T
    dues[b] = due
    items[b] = item
  }

  /** Whether the entry at `a` comes before the one at `b`. Places are passed, not times: those would be made objects for it. */
  private isBefore(a: number, b: number): boolean {
    const due = this.dues[a] as Millis
    const other = this.dues[b] as Millis
    return due < other || (due === other && (this.items[a] as T).key < (this.items[b] as T).key)
  }
}
