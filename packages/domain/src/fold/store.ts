import { visitorSize } from './size.ts'
import { TimerQueue, type Timed } from './timers.ts'
import { NEVER, type Dues, type VisitorCodec, type VisitorState } from './visitor.ts'

/**
 * One visitor in memory: as a state, as bytes or (while it is likely to be needed again) as both. Without either it is
 * not there, or no more.
 */
export interface Slot extends Timed {
  state: VisitorState | null
  /** As the last checkpoint has it; null once it has changed since. */
  bytes: Uint8Array | null
  /** About how many bytes it takes at the next checkpoint; -1 where it stands as the last one left it. */
  unsaved: number
}

/** The visitors of a partition and their timers. */
export class VisitorStore {
  readonly timers = {
    emit: new TimerQueue<Slot>(0, (slot) => this.dues(slot)?.emit_due ?? NEVER),
    close: new TimerQueue<Slot>(1, (slot) => this.dues(slot)?.close_due ?? NEVER),
    expire: new TimerQueue<Slot>(2, (slot) => this.dues(slot)?.expire_due ?? NEVER),
  }
  private readonly codec: VisitorCodec
  private readonly slots = new Map<string, Slot>()
  /** Visitors that have changed since the last checkpoint; among them those that were forgotten since. */
  private unsaved: Slot[] = []
  private unsavedSize = 0
  /** Visitors of the last checkpoint. */
  private lastSaved: readonly Slot[] = []

  constructor(codec: VisitorCodec) {
    this.codec = codec
  }

  /** About how many bytes the next checkpoint takes. */
  get unsavedBytes(): number {
    return this.unsavedSize
  }

  /** Takes over a saved visitor without decoding it. */
  restore(key: string, bytes: Uint8Array): void {
    const slot = this.slot(key)
    slot.bytes = bytes
    this.arm(slot)
  }

  slot(key: string): Slot {
    let slot = this.slots.get(key)
    if (slot === undefined) {
      slot = { key, armed: [NEVER, NEVER, NEVER], state: null, bytes: null, unsaved: -1 }
      this.slots.set(key, slot)
    }
    return slot
  }

  /** The visitor of a slot, to be changed and put back; null for one that is not there. */
  visitor(slot: Slot): VisitorState | null {
    if (slot.state === null && slot.bytes !== null) slot.state = this.codec.decode(slot.bytes)
    return slot.state
  }

  /** Puts a changed visitor back, null to forget it, and its due times into the queues. */
  put(slot: Slot, visitor: VisitorState | null): void {
    slot.state = visitor
    slot.bytes = null
    if (visitor === null) this.slots.delete(slot.key)
    this.noteUnsaved(slot)
    this.arm(slot)
  }

  /**
   * Encodes the visitors that changed since the last checkpoint; they count as saved. Those saved one checkpoint earlier
   * and untouched since keep only their bytes, so that memory holds as objects no more than what two checkpoint intervals
   * touched.
   */
  takeUnsaved(): [key: string, bytes: Uint8Array | null][] {
    const taken: [key: string, bytes: Uint8Array | null][] = []
    const saved: Slot[] = []
    for (const slot of this.lastSaved) if (slot.bytes !== null) slot.state = null
    for (const slot of this.unsaved) {
      slot.unsaved = -1
      if (slot.state !== null) {
        slot.bytes = this.codec.encode(slot.state)
        saved.push(slot)
        taken.push([slot.key, slot.bytes])
      } else if (!this.slots.has(slot.key)) {
        // Forgotten, and not come back since as another one.
        taken.push([slot.key, null])
      }
    }
    this.lastSaved = saved
    this.unsaved = []
    this.unsavedSize = 0
    return taken
  }

  private arm(slot: Slot): void {
    const dues = this.dues(slot)
    if (dues === null) return
    this.timers.emit.arm(slot, dues.emit_due)
    this.timers.close.arm(slot, dues.close_due)
    this.timers.expire.arm(slot, dues.expire_due)
  }

  private dues({ state, bytes }: Slot): Readonly<Dues> | null {
    if (state !== null) return state
    return bytes === null ? null : this.codec.peekDues(bytes)
  }

  private noteUnsaved(slot: Slot): void {
    const size = slot.key.length + (slot.state === null ? 0 : visitorSize(slot.state))
    if (slot.unsaved < 0) this.unsaved.push(slot)
    this.unsavedSize += size - Math.max(0, slot.unsaved)
    slot.unsaved = size
  }
}
