import { visitorSize } from './size.ts'
import type { Timed } from './timers.ts'
import { NEVER, type VisitorState } from './visitor.ts'

/**
 * One visitor in memory: as a state, as bytes or (while it is likely to be needed again) as both. Without either it is
 * not there, or no more.
 */
export interface Slot extends Timed {
  state: VisitorState | null
  /** As the last checkpoint has it; null once it has changed since, and where it has stayed an object. */
  bytes: Uint8Array | null
  /** About how many bytes it takes at the next checkpoint; -1 where it stands as the last one left it. */
  unsaved: number
  /** About how many bytes of memory it takes. */
  cost: number
  /** Whether it is among {@link CleanSlots}, and its neighbours there. */
  isClean: boolean
  before: Slot | null
  after: Slot | null
}

/** A slot, its entries in the map and in the queues, and the buffer around its bytes; measured. */
const SLOT_BYTES = 400
/** Memory that a state takes as objects, and more of it for each byte of its estimated size; measured. */
const OBJECT_BYTES = 2000
const OBJECT_FACTOR = 2.5

export function newSlot(key: string): Slot {
  return {
    key,
    armed: [NEVER, NEVER, NEVER],
    state: null,
    bytes: null,
    unsaved: -1,
    cost: 0,
    isClean: false,
    before: null,
    after: null,
  }
}

/** About how many bytes a slot takes at a checkpoint. */
export function savedSize({ key, state }: Slot): number {
  return key.length + (state === null ? 0 : visitorSize(state))
}

/** About how many bytes of memory a slot takes, `size` being what {@link savedSize} says. */
export function costOf({ key, state, bytes }: Slot, size: number): number {
  return SLOT_BYTES + key.length + (bytes?.length ?? 0) + (state === null ? 0 : objectsCost(1, size))
}

/** About how many bytes of memory so many states take as objects, `size` being what {@link savedSize} says of all of them. */
export function objectsCost(states: number, size: number): number {
  return states * OBJECT_BYTES + OBJECT_FACTOR * size
}
