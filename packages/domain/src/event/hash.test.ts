import { describe, expect, it } from '@jest/globals'
import { hash53, hashText, idFrom, idTime, murmur3x86x128 } from './hash.ts'

const hex = (words: readonly number[]) => words.map((w) => w.toString(16).padStart(8, '0')).join('')

describe('murmur3 x86_128', () => {
  it.each([
    ['', '00000000000000000000000000000000'],
    ['I will not buy this record, it is scratched.', 'a0a9683b25ac5e40d9af2895890dddf5'],
    ["I will not buy this tobacconist's, it is scratched.", '9b5b7ba2ef3f7866889adeaf00f3f98e'],
    ['The quick brown fox jumps over the lazy dog', '2f1583c3ecee2c675d7bf66ce5e91d2c'],
  ])('hashes %j as published', (text, expected) => {
    expect(hex(hashText(text))).toBe(expected)
  })

  it("passes smhasher's verification (0xB3ECE62A): every length from 0 to 255, each with its own seed", () => {
    const key = new DataView(new ArrayBuffer(256))
    const results = new DataView(new ArrayBuffer(256 * 16))
    for (let i = 0; i < 256; i++) {
      const words = murmur3x86x128(key, i, 256 - i)
      words.forEach((w, at) => results.setUint32(i * 16 + at * 4, w, true))
      key.setUint8(i, i)
    }
    expect(murmur3x86x128(results, results.byteLength, 0)[0].toString(16)).toBe('b3ece62a')
  })

  it('hashes the UTF-8 bytes of text, a lone surrogate as U+FFFD', () => {
    for (const text of ['é', '漢字', '😀 x', 'a\ud800b']) {
      const bytes = new Uint8Array(32)
      const length = Buffer.from(text, 'utf8').copy(bytes)
      expect(hashText(text)).toEqual(murmur3x86x128(new DataView(bytes.buffer), length, 0))
    }
  })

  it('gives 53 bits that a number holds exactly', () => {
    for (let i = 0; i < 1000; i++) expect(Number.isSafeInteger(hash53(`id-${i}`))).toBe(true)
  })
})

describe('ids', () => {
  it('never change for the same input: they are keys in topics and tables', () => {
    expect(idFrom(1_700_000_000_123, ['shop', 'visitor', 'event'])).toBe('018bcfe5-687b-8a6b-aa4f-38c2fbbe87ce')
  })

  it('are version 8 UUIDs that carry their time', () => {
    const id = idFrom(1_700_000_000_123, ['shop', 'visitor', 'event'])
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(idTime(id)).toBe(1_700_000_000_123)
  })

  it('differ when the same characters are cut into other parts', () => {
    expect(idFrom(0, ['ab', 'c'])).not.toBe(idFrom(0, ['a', 'bc']))
  })
})
