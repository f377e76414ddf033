import type { Refusal } from '@cairn/domain'
import type { DeadLetter } from '@cairn/runtime'
import { keptMessage, letterOf } from './dead-letter.ts'
import type { Origin } from './verdict.ts'

/** A key nobody has refuses every message of a request. */
export const unknownKey = {
  reason: 'unknown_write_key',
  message: 'no shop has this write key',
} as const satisfies Refusal

/**
 * One dead letter for all messages of a request, since anybody can send any number of them; they are kept because a
 * shop may have mistyped its key. The payload is `{"messages": how many, "batch": […]}`, the number first so that it
 * can be read where the payload had to be cut.
 */
export function unknownKeyLetter(messages: readonly unknown[], origin: Origin): DeadLetter {
  const batch = messages.map((sent) => keptMessage(sent, origin)).join(',')
  return letterOf(`{"messages":${messages.length},"batch":[${batch}]}`, unknownKey, origin)
}
