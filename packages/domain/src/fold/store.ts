import type { Millis } from '../event/event.ts'
import type { ColdStates } from '../state/cold.ts'
import { CleanSlots } from './clean-slots.ts'
import { earliestIndexed } from './due-index.ts'
import { costOf, newSlot, objectsCost, savedSize, type Slot } from './slot.ts'
import { TimerQueue } from './timers.ts'
import { NEVER, type Dues, type VisitorCodec, type VisitorState } from './visitor.ts'

/** Index entries looked at at once, and visitors brought into memory for them. */
const PAGE = 256

/**
 * Up to this part of the capacity saved visitors stay objects: to read one from its bytes again makes all of its objects anew, and
 * leaves the former ones to be collected. But of bytes there is room for several times as many.
 */
const OBJECTS_SHARE = 1 / 2

/** A visitor's state as it is to be saved, null for one that is forgotten. */
export type Taken = readonly [key: string, bytes: Uint8Array | null]

/** How often the visitor of an event was in memory, and how often not. */
export interface CacheCounts {
  readonly hits: number
  readonly misses: number
}

/**
 * The visitors of a partition and their timers. Those in memory are ruled by what memory says of them; all others lie in
 * the cold store, if there is one, with their due times. Which of the two a visitor is in can't be seen in what the fold
 * puts out.
 */
export class VisitorStore {
  readonly emit = new TimerQueue<Slot>(0, (slot) => this.dues(slot)?.emit_due ?? NEVER)
  readonly close = new TimerQueue<Slot>(1, (slot) => this.dues(slot)?.close_due ?? NEVER)
  readonly expire = new TimerQueue<Slot>(2, (slot) => this.dues(slot)?.expire_due ?? NEVER)
  /** About how many bytes of memory the visitors in memory take. */
  bytes = 0
  hits = 0
  misses = 0
  private readonly codec: VisitorCodec
  private readonly cold: ColdStates | null
  /** Bytes of memory beyond which visitors are left to the cold store. */
  capacity: number
  private readonly slots = new Map<string, Slot>()
  private readonly clean = new CleanSlots()
  /** By queue, a due time before which no visitor that is only in the cold store stands in its index. */
  private readonly coldFrom: [Millis, Millis, Millis]
  /** Visitors that have changed since the last checkpoint; among them those that were forgotten since. */
  private unsaved: Slot[] = []
  private unsavedSize = 0
  /** Visitors of checkpoints that the cold store does not have yet. */
  private unstored: Slot[] = []

  constructor(codec: VisitorCodec, cold: ColdStates | null, capacity: number) {
    this.codec = codec
    this.cold = cold
    this.capacity = capacity
    this.coldFrom = cold === null ? [Infinity, Infinity, Infinity] : [0, 0, 0]
  }

  /** About how many bytes the next checkpoint takes. */
  get unsavedBytes(): number {
    return this.unsavedSize
  }

  /** About how many bytes of memory what the next checkpoint takes is held in, which cannot be left to the cold store before. */
  get unsavedMemory(): number {
    return objectsCost(this.unsaved.length, this.unsavedSize)
  }

  /** The slot of a visitor, brought into memory if it is not there. */
  slot(key: string): Slot {
    const known = this.slots.get(key)
    if (known !== undefined) {
      this.hits++
      return known
    }
    this.misses++
    return this.load(key)
  }

  /** The visitor of a slot, to be changed and put back; null for one that is not there. */
  visitor(slot: Slot): VisitorState | null {
    if (slot.state === null && slot.bytes !== null) {
      slot.state = this.codec.decode(slot.bytes)
      this.charge(slot, savedSize(slot))
    }
    return slot.state
  }

  /** Puts a changed visitor back, null to forget it, and its due times into the queues. */
  put(slot: Slot, visitor: VisitorState | null): void {
    slot.state = visitor
    slot.bytes = null
    if (slot.isClean) this.clean.remove(slot)
    this.noteUnsaved(slot)
    // With a cold store it stays, and says that there is no such visitor, until that does.
    if (visitor === null && this.cold === null) this.drop(slot)
    this.arm(slot)
  }

  /**
   * Takes out the next visitor of a queue that is due, in order of (due, key). What is cold comes up in pages, when nothing
   * in memory is due before it.
   */
  next(queue: TimerQueue<Slot>, now: Millis): Slot | undefined {
    for (;;) {
      const cold = this.coldFrom[queue.number] as Millis
      if (cold > now) return queue.next(now)
      const slot = queue.next(cold - 1)
      if (slot !== undefined) return slot
      this.warmUp(queue.number, now)
    }
  }

  /** The keys of the visitors with a pending session row, in order. */
  pendingKeys(): string[] {
    const keys = new Set<string>()
    for (const slot of this.emit.live()) if (this.emit.dueOf(slot) < NEVER) keys.add(slot.key)
    for (let from = this.coldFrom[0]; this.cold !== null && from < NEVER;) {
      const page = this.cold.dues(0, from, PAGE)
      for (const { key } of page) if (!this.slots.has(key)) keys.add(key)
      from = (page.at(-1)?.due ?? NEVER) + 1
    }
    return [...keys].sort((a, b) => (a < b ? -1 : 1))
  }

  /**
   * Encodes the visitors that changed since the last checkpoint, about `portion` bytes of them at a time; they count as
   * saved. No visitor may be changed before all are taken.
   */
  *takeUnsaved(portion: number): Generator<Taken[], void, undefined> {
    const { unsaved } = this
    if (this.cold !== null) this.unstored = this.unstored.length === 0 ? unsaved : this.unstored.concat(unsaved)
    this.unsaved = []
    this.unsavedSize = 0
    let taken: Taken[] = []
    let size = 0
    for (const slot of unsaved) {
      size += slot.unsaved
      const bytes = this.save(slot)
      // One that was forgotten may have come back since as another one.
      if (bytes !== null || (this.slots.get(slot.key) ?? slot) === slot) taken.push([slot.key, bytes])
      if (size < portion) continue
      yield taken
      taken = []
      size = 0
    }
    if (taken.length > 0) yield taken
  }

  /** The cold store now has all that was taken: what is untouched since may be left to it. */
  noteStored(): void {
    for (const slot of this.unstored) {
      if (slot.unsaved >= 0 || slot.isClean) continue
      if (slot.state === null && slot.bytes === null) this.drop(slot)
      else this.clean.add(slot)
    }
    this.unstored = []
    if (this.isOverfull) this.trim()
  }

  /** Leaves visitors to the cold store until the others find room, longest untouched first. */
  trim(): void {
    let slot = this.clean.takeFirst()
    if (slot === null) return
    for (; slot !== null; slot = this.bytes > this.capacity ? this.clean.takeFirst() : null) this.evict(slot)
    for (const queue of [this.emit, this.close, this.expire]) queue.compact(this.slots.size)
  }

  /** Whether there may be something to {@link trim}. */
  get isOverfull(): boolean {
    return this.bytes > this.capacity && this.cold !== null
  }

  /**
   * Encodes a changed visitor; null for one that is forgotten. Where memory runs short it keeps only its bytes: an object takes
   * six times the room, and the collector visits all of it.
   */
  private save(slot: Slot): Uint8Array | null {
    slot.unsaved = -1
    if (slot.state === null) return null
    const bytes = this.codec.encode(slot.state)
    if (this.bytes > this.capacity * OBJECTS_SHARE) {
      slot.state = null
      slot.bytes = bytes
      this.charge(slot, 0)
    }
    return bytes
  }

  private evict(slot: Slot): void {
    for (const queue of [this.emit, this.close, this.expire]) {
      const at = earliestIndexed(queue.dueOf(slot))
      if (at < NEVER && at < (this.coldFrom[queue.number] as Millis)) this.coldFrom[queue.number] = at
      queue.disarm(slot)
    }
    this.drop(slot)
    slot.state = null
    slot.bytes = null
  }

  /** Brings in the next cold visitors of a queue, as far as they are due. */
  private warmUp(queue: number, now: Millis): void {
    const page = this.cold?.dues(queue, this.coldFrom[queue] as Millis, PAGE) ?? []
    for (const { due, key } of page) {
      if (this.slots.has(key)) continue
      if (due > now) {
        this.coldFrom[queue] = due
        return
      }
      this.load(key)
    }
    this.coldFrom[queue] = page.length < PAGE ? Infinity : (page.at(-1)?.due ?? NEVER) + 1
  }

  private load(key: string): Slot {
    const slot = newSlot(key)
    slot.bytes = this.cold?.get(key) ?? null
    this.slots.set(key, slot)
    this.charge(slot, 0)
    if (slot.bytes !== null) this.clean.add(slot)
    this.arm(slot)
    return slot
  }

  private drop(slot: Slot): void {
    if (this.slots.get(slot.key) === slot) this.slots.delete(slot.key)
    this.bytes -= slot.cost
    slot.cost = 0
  }

  private arm(slot: Slot): void {
    const dues = this.dues(slot)
    if (dues === null) return
    this.emit.arm(slot, dues.emit_due)
    this.close.arm(slot, dues.close_due)
    this.expire.arm(slot, dues.expire_due)
  }

  private dues({ state, bytes }: Slot): Readonly<Dues> | null {
    if (state !== null) return state
    return bytes === null ? null : this.codec.peekDues(bytes)
  }

  private noteUnsaved(slot: Slot): void {
    const size = savedSize(slot)
    if (slot.unsaved < 0) this.unsaved.push(slot)
    this.unsavedSize += size - Math.max(0, slot.unsaved)
    slot.unsaved = size
    this.charge(slot, size)
  }

  /** Counts what a slot takes now instead of what it took. */
  private charge(slot: Slot, size: number): void {
    const cost = costOf(slot, size)
    this.bytes += cost - slot.cost
    slot.cost = cost
  }
}
