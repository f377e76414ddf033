import type { Slot } from './slot.ts'

/**
 * The visitors in memory that could be dropped, since what is stored says the same of them: a doubly linked list through
 * the slots, longest untouched first.
 */
export class CleanSlots {
  private first: Slot | null = null
  private last: Slot | null = null

  add(slot: Slot): void {
    slot.isClean = true
    slot.before = this.last
    slot.after = null
    if (this.last === null) this.first = slot
    else this.last.after = slot
    this.last = slot
  }

  remove(slot: Slot): void {
    const { before, after } = slot
    if (before === null) this.first = after
    else before.after = after
    if (after === null) this.last = before
    else after.before = before
    slot.isClean = false
    slot.before = null
    slot.after = null
  }

  /** Takes out the longest untouched. */
  takeFirst(): Slot | null {
    const { first } = this
    if (first !== null) this.remove(first)
    return first
  }
}
