import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { fingerprint } from './fingerprint.ts'
import { AscendingIndex, ExpectedRows } from './rows.ts'

const hash = (value: unknown) => fingerprint({ value })

describe('expected rows', () => {
  it('tell what a stored row is to them, and which were not met', () => {
    const rows = new ExpectedRows<string>(new Map())
    rows.put('same', hash(1))
    rows.put('changed', hash(1))
    rows.put('changed', hash(2))
    rows.put('retracted', hash(3))
    rows.put('retracted', undefined)
    rows.put('absent', hash(4))
    expect(rows.standing).toBe(3)
    expect(rows.meet('same', hash(1))).toBe('same')
    expect(rows.meet('same', hash(1))).toBe('doubled')
    expect(rows.meet('changed', hash(1))).toBe('differs')
    expect(rows.meet('retracted', hash(3))).toBe('extra')
    expect(rows.meet('foreign', hash(5))).toBe('extra')
    expect([...rows.missing()]).toEqual(['absent'])
  })

  it('are found by ascending numbers as by any keys', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(5000), { maxLength: 3000 }), fc.array(fc.nat(5000)), (numbers, asked) => {
        const [ascending, any] = [new ExpectedRows<number>(new AscendingIndex()), new ExpectedRows<number>(new Map())]
        for (const number of numbers.sort((a, b) => a - b))
          for (const rows of [ascending, any]) rows.put(number, hash(number))
        for (const number of asked) expect(ascending.meet(number, hash(number))).toBe(any.meet(number, hash(number)))
        expect([...ascending.missing()]).toEqual([...any.missing()])
      }),
      { numRuns: 30 },
    )
  })

  it('by numbers that do not ascend are a bug', () => {
    const rows = new ExpectedRows<number>(new AscendingIndex())
    rows.put(2, hash(2))
    expect(() => rows.put(1, hash(1))).toThrow('does not ascend')
  })
})

describe('a fingerprint', () => {
  it('is the same in any order of columns and keys, and for a Bool and its number', () => {
    expect(fingerprint({ a: { x: 1, y: true }, b: [1] })).toEqual(fingerprint({ b: [1], a: { y: 1, x: 1 } }))
  })

  it('is another for another value, order in a list or column', () => {
    const rows = [{ a: 1 }, { a: '1' }, { a: null }, { b: 1 }, { a: [1, 2] }, { a: [2, 1] }, { a: { '1': 2 } }]
    expect(new Set(rows.map((row) => fingerprint(row).toString('hex'))).size).toBe(rows.length)
  })
})
