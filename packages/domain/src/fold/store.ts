import type { Millis } from '../event/event.ts'
import { TimerQueue, type Timed } from './timers.ts'
import { visitorSize } from './size.ts'
import { restored, snapshotOf, type Snapshot } from './snapshot.ts'
import { NEVER, type Dues, type VisitorCodec, type VisitorState } from './visitor.ts'

/**
 * One visitor in memory. What is committed is held as a state, as bytes or (while it is likely to be needed again) as
 * both. A batch works on the state itself, as `draft` (null when it forgets the visitor), and keeps a copy to go back
 * to: rollbacks are rare, and a copy that dies with its batch costs the garbage collector next to nothing.
 */
export interface Slot extends Timed {
  state: VisitorState | null
  bytes: Uint8Array | null
  draft: VisitorState | null
  drafted: boolean
  before: Snapshot | null
}

/** The visitors of a partition: committed states, the drafts of a batch over them, and the timers. */
export class VisitorStore {
  readonly timers = {
    emit: new TimerQueue<Slot>('emit_due'),
    close: new TimerQueue<Slot>('close_due'),
    expire: new TimerQueue<Slot>('expire_due'),
  }
  private readonly codec: VisitorCodec
  private readonly slots = new Map<string, Slot>()
  private drafted: Slot[] = []
  /** Visitors whose committed state is newer than the last checkpoint, with about how many bytes each takes. */
  private unsaved = new Map<string, number>()
  private unsavedSize = 0
  /** What the running batch is about to save, until its outcome is known. */
  private saving: Map<Slot, Uint8Array> | null = null
  private lastSaved = new Set<Slot>()

  constructor(codec: VisitorCodec) {
    this.codec = codec
  }

  /** About how many bytes the next checkpoint takes, the running batch apart. */
  get unsavedBytes(): number {
    return this.unsavedSize
  }

  /** Takes over a saved visitor without decoding it. */
  restore(key: string, bytes: Uint8Array): void {
    const slot = newSlot(key)
    slot.bytes = bytes
    this.slots.set(key, slot)
    this.arm(slot)
  }

  slot(key: string): Slot {
    let slot = this.slots.get(key)
    if (slot === undefined) {
      slot = newSlot(key)
      this.slots.set(key, slot)
    }
    return slot
  }

  /** The visitor's draft in this batch, made on first touch; null for a visitor that is not there. */
  draft(slot: Slot): VisitorState | null {
    if (!slot.drafted) {
      if (this.saving !== null)
        throw new Error('A batch takes no more records once its states are taken for a checkpoint')
      slot.before = slot.state === null ? null : snapshotOf(slot.state)
      slot.draft = slot.state ?? this.decoded(slot)
      slot.drafted = true
      this.drafted.push(slot)
    }
    return slot.draft
  }

  /** When a visitor is due, as the batch sees it. */
  readonly dueIn = (slot: Slot, clock: keyof Dues): Millis => this.dues(slot)?.[clock] ?? NEVER

  /** Puts a visitor's due times into the queues. */
  arm(slot: Slot): void {
    const dues = this.dues(slot)
    if (dues === null) return
    this.timers.emit.arm(slot, dues.emit_due)
    this.timers.close.arm(slot, dues.close_due)
    this.timers.expire.arm(slot, dues.expire_due)
  }

  commit(): void {
    for (const slot of this.drafted) {
      this.noteUnsaved(slot)
      if (slot.draft === null) this.slots.delete(slot.key)
      slot.state = slot.draft
      slot.bytes = null
      leaveDraft(slot)
    }
    this.drafted = []
    if (this.saving !== null) this.settleSaved(this.saving)
    this.saving = null
  }

  rollback(): void {
    for (const slot of this.drafted) {
      slot.state = slot.before === null ? null : restored(slot.before)
      leaveDraft(slot)
      if (slot.state === null && slot.bytes === null) this.slots.delete(slot.key)
      else this.arm(slot)
    }
    this.drafted = []
    this.saving = null
  }

  /** Encodes the visitors that changed since the last checkpoint, the batch's drafts among them, sorted by key. */
  takeUnsaved(): [key: string, bytes: Uint8Array | null][] {
    const keys = new Set(this.unsaved.keys())
    for (const slot of this.drafted) keys.add(slot.key)
    const saving = new Map<Slot, Uint8Array>()
    const taken = [...keys].sort().map((key): [string, Uint8Array | null] => {
      const slot = this.slots.get(key)
      const state = slot?.drafted === true ? slot.draft : slot?.state
      if (slot === undefined || state === null || state === undefined) return [key, null]
      const bytes = this.codec.encode(state)
      saving.set(slot, bytes)
      return [key, bytes]
    })
    this.saving = saving
    return taken
  }

  /**
   * Saved visitors get their bytes; those saved one checkpoint earlier and untouched since keep only those, so that
   * memory holds as objects no more than what two checkpoint intervals touched.
   */
  private settleSaved(saved: ReadonlyMap<Slot, Uint8Array>): void {
    for (const slot of this.lastSaved) if (slot.bytes !== null) slot.state = null
    for (const [slot, bytes] of saved) slot.bytes = bytes
    this.lastSaved = new Set(saved.keys())
    this.unsaved = new Map()
    this.unsavedSize = 0
  }

  private dues(slot: Slot): Readonly<Dues> | null {
    if (slot.drafted) return slot.draft
    if (slot.state !== null) return slot.state
    return slot.bytes === null ? null : this.codec.peekDues(slot.bytes)
  }

  private noteUnsaved({ key, draft }: Slot): void {
    const size = key.length + (draft === null ? 0 : visitorSize(draft))
    this.unsavedSize += size - (this.unsaved.get(key) ?? 0)
    this.unsaved.set(key, size)
  }

  private decoded(slot: Slot): VisitorState | null {
    return slot.bytes === null ? null : this.codec.decode(slot.bytes)
  }
}

function newSlot(key: string): Slot {
  const armed = { emit_due: NEVER, close_due: NEVER, expire_due: NEVER }
  return { key, armed, state: null, bytes: null, draft: null, drafted: false, before: null }
}

function leaveDraft(slot: Slot): void {
  slot.draft = null
  slot.drafted = false
  slot.before = null
}
