import type { Millis } from './event.ts'

/** A 128-bit hash as four unsigned 32-bit words, in the order murmur3 prints them. */
export type Hash128 = readonly [number, number, number, number]

const C1 = 0x239b961b
const C2 = 0xab0e9789
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93

let scratch = new Uint8Array(512)

/** MurmurHash3 x86_128 (Austin Appleby, public domain, smhasher) of text as UTF-8, seed 0. */
export function hashText(text: string): Hash128 {
  const length = encodeUtf8(text)
  return murmur3x86x128(scratch, length, 0)
}

/**
 * 53 bits of {@link hashText}, which a float64 holds exactly. Two of a visitor's 10,000 remembered ids collide with a
 * probability below 1e-8, which would take a new event for a repeated one.
 */
export function hash53(text: string): number {
  const words = hashText(text)
  return (words[0] >>> 11) * 0x1_0000_0000 + words[1]
}

/**
 * An immutable id as UUID text (version 8, RFC 9562): 48 bits of time, so that rows partition by month of it, then the
 * hash of `parts`. Parts are length-prefixed: no two lists of parts run together into the same text.
 */
export function idFrom(time: Millis, parts: readonly string[]): string {
  const [a, b, c, d] = hashText(parts.map((part) => `${part.length}:${part}`).join(''))
  const at = Math.max(0, time)
  writeHex(at / 0x10000, 8, 0)
  writeHex(at, 4, 9)
  writeHex((a >>> 20) | 0x8000, 4, 14)
  writeHex(((b >>> 16) & 0x3fff) | 0x8000, 4, 19)
  writeHex(b, 4, 24)
  writeHex(c ^ d, 8, 28)
  return String.fromCharCode(...uuid)
}

/**
 * The text of the id being made. Written character by character: ids are kept for long, and one put together from
 * pieces would stay a tree of them in memory.
 */
const uuid: number[] = Array.from('00000000-0000-0000-0000-000000000000', (char) => char.charCodeAt(0))

/** Writes the last `digits` hexadecimal digits of `value` to the id from position `start`. */
function writeHex(value: number, digits: number, start: number): void {
  let rest = value >>> 0
  for (let at = start + digits - 1; at >= start; at--) {
    const digit = rest & 0xf
    uuid[at] = digit < 10 ? 0x30 + digit : 0x57 + digit
    rest >>>= 4
  }
}

/** The time an id made by {@link idFrom} carries. */
export function idTime(id: string): Millis {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}

/** Writes `text` to `scratch` and returns its length; a lone surrogate becomes U+FFFD as in every UTF-8 encoder. */
function encodeUtf8(text: string): number {
  if (scratch.length < text.length * 3) scratch = new Uint8Array(text.length * 3)
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) {
      scratch[at++] = unit
    } else {
      const code = text.codePointAt(i) ?? unit
      if (code > 0xffff) i++
      at = writeMultiByte(code >= 0xd800 && code <= 0xdfff ? 0xfffd : code, at)
    }
  }
  return at
}

function writeMultiByte(code: number, start: number): number {
  let at = start
  if (code < 0x800) {
    scratch[at++] = 0xc0 | (code >> 6)
  } else if (code < 0x10000) {
    scratch[at++] = 0xe0 | (code >> 12)
    scratch[at++] = 0x80 | ((code >> 6) & 0x3f)
  } else {
    scratch[at++] = 0xf0 | (code >> 18)
    scratch[at++] = 0x80 | ((code >> 12) & 0x3f)
    scratch[at++] = 0x80 | ((code >> 6) & 0x3f)
  }
  scratch[at++] = 0x80 | (code & 0x3f)
  return at
}

/** The hash itself, over the first `length` of `bytes`. */
export function murmur3x86x128(bytes: Uint8Array, length: number, seed: number): Hash128 {
  let h1 = seed
  let h2 = seed
  let h3 = seed
  let h4 = seed
  const tail = length - (length % 16)
  for (let at = 0; at < tail; at += 16) {
    h1 = mix(h1, word(bytes, at, length), C1, 15, C2, 19, h2, 0x561ccd1b)
    h2 = mix(h2, word(bytes, at + 4, length), C2, 16, C3, 17, h3, 0x0bcaa747)
    h3 = mix(h3, word(bytes, at + 8, length), C3, 17, C4, 15, h4, 0x96cd1c35)
    h4 = mix(h4, word(bytes, at + 12, length), C4, 18, C1, 13, h1, 0x32ac3b17)
  }
  h4 ^= scramble(word(bytes, tail + 12, length), C4, 18, C1)
  h3 ^= scramble(word(bytes, tail + 8, length), C3, 17, C4)
  h2 ^= scramble(word(bytes, tail + 4, length), C2, 16, C3)
  h1 ^= scramble(word(bytes, tail, length), C1, 15, C2)
  return finish(h1 ^ length, h2 ^ length, h3 ^ length, h4 ^ length)
}

function mix(h: number, k: number, ca: number, ra: number, cb: number, rb: number, next: number, add: number): number {
  return (Math.imul((rotate(h ^ scramble(k, ca, ra, cb), rb) + next) | 0, 5) + add) | 0
}

function scramble(k: number, ca: number, r: number, cb: number): number {
  return Math.imul(rotate(Math.imul(k, ca), r), cb)
}

function finish(a: number, b: number, c: number, d: number): Hash128 {
  const sum = (a + b + c + d) | 0
  const h1 = avalanche(sum)
  const h2 = avalanche((b + sum) | 0)
  const h3 = avalanche((c + sum) | 0)
  const h4 = avalanche((d + sum) | 0)
  const total = (h1 + h2 + h3 + h4) | 0
  return [total >>> 0, (h2 + total) >>> 0, (h3 + total) >>> 0, (h4 + total) >>> 0]
}

function avalanche(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by))
}

/** Four bytes, little end first; what lies beyond `length` counts as zero, as the tail rule of the hash wants. */
function word(bytes: Uint8Array, at: number, length: number): number {
  if (at + 4 <= length) {
    return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
  }
  let value = 0
  for (let i = length - 1; i >= at; i--) value = (value << 8) | (bytes[i] ?? 0)
  return value
}
