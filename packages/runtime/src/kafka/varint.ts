/** Of up to 32 bits. */
export const longestVarint = 5

/** Bytes of a number as a zig-zag varint. */
export function sizeOfVarint(value: number): number {
  let size = 1
  for (let left = zigZag(value); left > 0x7f; left >>>= 7) size++
  return size
}

/** Returns where it ends. */
export function writeVarint(target: Buffer, at: number, value: number): number {
  let to = at
  let left = zigZag(value)
  for (; left > 0x7f; left >>>= 7) target[to++] = (left & 0x7f) | 0x80
  target[to++] = left
  return to
}

function zigZag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0
}
