import type { Millis } from './event.ts'

/** A 128-bit hash as four unsigned 32-bit words, in the order murmur3 prints them. */
export type Hash128 = readonly [number, number, number, number]

const C1 = 0x239b961b
const C2 = 0xab0e9789
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93

/** Looked up once: where tests run, each access to a global name takes longer than the rest of a round. */
const { imul } = Math

/** Text to hash as UTF-8, then zeros up to the next whole block. */
let scratch = new DataView(new ArrayBuffer(1024))

/** MurmurHash3 x86_128 (Austin Appleby, public domain, smhasher) of text as UTF-8, seed 0. */
export function hashText(text: string): Hash128 {
  hashOf(text)
  return [words[0], words[1], words[2], words[3]]
}

/** The last hash: a list of numbers beyond 31 bits for each would be most of what a hash costs. */
const words = new Uint32Array(4) as Uint32Array & { 0: number; 1: number; 2: number; 3: number }

function hashOf(text: string): void {
  makeRoom(text.length)
  hashScratch(writeUtf8(scratch, text, 0))
}

function makeRoom(characters: number): void {
  const most = characters * 3 + 16
  if (scratch.byteLength < most) scratch = new DataView(new ArrayBuffer(most))
}

function hashScratch(length: number): void {
  for (let at = length; at % 16 !== 0; at++) scratch.setUint8(at, 0)
  hashBytes(scratch, length, 0)
}

/**
 * 53 bits of {@link hashText}, which a float64 holds exactly. Two of a visitor's 10,000 remembered ids collide with a
 * probability below 1e-8, which would take a new event for a repeated one.
 */
export function hash53(text: string): number {
  hashOf(text)
  return (words[0] >>> 11) * 0x1_0000_0000 + words[1]
}

/**
 * An immutable id as UUID text (version 8, RFC 9562): 48 bits of time, so that rows partition by month of it, then the
 * hash of `parts`. Parts are length-prefixed: no two lists of parts run together into the same text.
 */
export function idFrom(time: Millis, parts: readonly string[]): string {
  let characters = 0
  for (const part of parts) characters += part.length + MOST_LENGTH_DIGITS
  makeRoom(characters)
  let end = 0
  for (const part of parts) end = writeUtf8(scratch, part, writeUtf8(scratch, lengthPrefix(part.length), end))
  hashScratch(end)
  const at = Math.max(0, time)
  const [a, b, rest] = [words[0], words[1], words[2] ^ words[3]]
  return textOf(at / 0x1_0000_0000, at / 0x10000, at, a >>> 20, (b >>> 16) & 0x3fff, b, rest)
}

/** What stands between the digits: dashes, the version, and the two bits of the variant. */
const [DASH, EIGHT, VARIANT] = [45, 56, 0x8]

/**
 * The text of an id, from the lower bits of its parts: 16 of time three times, 12 and 14 and 16 and 32 of the hash. Made in
 * one piece: what is put together stays in pieces, each an object, until somebody reads it, and takes three times as long.
 */
function textOf(t1: number, t2: number, t3: number, h1: number, h2: number, h3: number, h4: number): string {
  // prettier-ignore
  return String.fromCharCode(
    digit(t1, 12), digit(t1, 8), digit(t1, 4), digit(t1, 0), digit(t2, 12), digit(t2, 8), digit(t2, 4), digit(t2, 0), DASH,
    digit(t3, 12), digit(t3, 8), digit(t3, 4), digit(t3, 0), DASH,
    EIGHT, digit(h1, 8), digit(h1, 4), digit(h1, 0), DASH,
    digit((h2 >>> 12) | VARIANT, 0), digit(h2, 8), digit(h2, 4), digit(h2, 0), DASH,
    digit(h3, 12), digit(h3, 8), digit(h3, 4), digit(h3, 0),
    digit(h4, 28), digit(h4, 24), digit(h4, 20), digit(h4, 16), digit(h4, 12), digit(h4, 8), digit(h4, 4), digit(h4, 0),
  )
}

/** The character of the hexadecimal digit that begins at a bit. */
function digit(value: number, bit: number): number {
  const four = (value >>> bit) & 0xf
  return four < 10 ? 48 + four : 87 + four
}

/** Of a part's length and the colon behind it. */
const MOST_LENGTH_DIGITS = 12
const SHORT_PREFIXES: readonly string[] = Array.from({ length: 256 }, (_, length) => `${length}:`)

function lengthPrefix(length: number): string {
  return SHORT_PREFIXES[length] ?? `${length}:`
}

/** The time an id made by {@link idFrom} carries. */
export function idTime(id: string): Millis {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}

/** Writes text at `start` and returns where it ends; a lone surrogate becomes U+FFFD as in every UTF-8 encoder. */
function writeUtf8(bytes: DataView, text: string, start: number): number {
  let at = start
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) {
      bytes.setUint8(at++, unit)
    } else {
      const code = text.codePointAt(i) ?? unit
      if (code > 0xffff) i++
      at = writeMultiByte(bytes, code >= 0xd800 && code <= 0xdfff ? 0xfffd : code, at)
    }
  }
  return at
}

function writeMultiByte(bytes: DataView, code: number, start: number): number {
  let at = start
  if (code < 0x800) {
    bytes.setUint8(at++, 0xc0 | (code >> 6))
  } else if (code < 0x10000) {
    bytes.setUint8(at++, 0xe0 | (code >> 12))
    bytes.setUint8(at++, 0x80 | ((code >> 6) & 0x3f))
  } else {
    bytes.setUint8(at++, 0xf0 | (code >> 18))
    bytes.setUint8(at++, 0x80 | ((code >> 12) & 0x3f))
    bytes.setUint8(at++, 0x80 | ((code >> 6) & 0x3f))
  }
  bytes.setUint8(at++, 0x80 | (code & 0x3f))
  return at
}

/**
 * The hash itself, over the first `length` bytes. Zeros must follow them up to a multiple of 16: the incomplete last
 * block can then be read like the others, and what it lacks mixes in as nothing, as the hash wants.
 */
export function murmur3x86x128(bytes: DataView, length: number, seed: number): Hash128 {
  hashBytes(bytes, length, seed)
  return [words[0], words[1], words[2], words[3]]
}

/** Leaves the hash in `words`. */
function hashBytes(bytes: DataView, length: number, seed: number): void {
  let h1 = seed
  let h2 = seed
  let h3 = seed
  let h4 = seed
  const tail = length - (length % 16)
  for (let at = 0; at < tail; at += 16) {
    h1 = mix(h1, bytes.getInt32(at, true), C1, 15, C2, 19, h2, 0x561ccd1b)
    h2 = mix(h2, bytes.getInt32(at + 4, true), C2, 16, C3, 17, h3, 0x0bcaa747)
    h3 = mix(h3, bytes.getInt32(at + 8, true), C3, 17, C4, 15, h4, 0x96cd1c35)
    h4 = mix(h4, bytes.getInt32(at + 12, true), C4, 18, C1, 13, h1, 0x32ac3b17)
  }
  if (tail < length) {
    h4 ^= scramble(bytes.getInt32(tail + 12, true), C4, 18, C1)
    h3 ^= scramble(bytes.getInt32(tail + 8, true), C3, 17, C4)
    h2 ^= scramble(bytes.getInt32(tail + 4, true), C2, 16, C3)
    h1 ^= scramble(bytes.getInt32(tail, true), C1, 15, C2)
  }
  finish(h1 ^ length, h2 ^ length, h3 ^ length, h4 ^ length)
}

function mix(h: number, k: number, ca: number, ra: number, cb: number, rb: number, next: number, add: number): number {
  return (imul((rotate(h ^ scramble(k, ca, ra, cb), rb) + next) | 0, 5) + add) | 0
}

function scramble(k: number, ca: number, r: number, cb: number): number {
  return imul(rotate(imul(k, ca), r), cb)
}

function finish(a: number, b: number, c: number, d: number): void {
  const sum = (a + b + c + d) | 0
  const h1 = avalanche(sum)
  const h2 = avalanche((b + sum) | 0)
  const h3 = avalanche((c + sum) | 0)
  const h4 = avalanche((d + sum) | 0)
  const total = (h1 + h2 + h3 + h4) | 0
  words[0] = total
  words[1] = h2 + total
  words[2] = h3 + total
  words[3] = h4 + total
}

function avalanche(hash: number): number {
  let h = imul(hash ^ (hash >>> 16), 0x85ebca6b)
  h = imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by))
}
