import { headerBytes, writeHeaderAt } from './wire.ts'
import type { WriteValue } from './write.ts'

/** Grows when a record does not fit; one event is at most 32 KB of JSON. */
export const initialScratch = 256 * 1024

/** Writes a value under its schema id, with room for `roomAfter` bytes behind it. */
export type WriteMessage = (write: WriteValue, value: unknown, id: number, roomAfter?: number) => Buffer

export function createMessageWriter(): WriteMessage {
  let scratch = Buffer.allocUnsafe(initialScratch)
  return (write, value, id, roomAfter = 0) => {
    let end = write(value, scratch, headerBytes)
    if (end > scratch.length) {
      scratch = Buffer.allocUnsafe(end)
      end = write(value, scratch, headerBytes)
    }
    const message = Buffer.allocUnsafe(end + roomAfter)
    scratch.copy(message, 0, 0, end)
    writeHeaderAt(message, 0, id)
    return message
  }
}
