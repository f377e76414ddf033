import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Check } from './check.ts'
import { readComparison } from './comparison.ts'

/** A text as events have it, and the number it is, if it is one. */
interface Value {
  readonly text: string | undefined
  readonly number?: number
}

/** Numbers near each other, written in the ways that people and programs write them. */
const decimal: fc.Arbitrary<Value> = fc
  .record({
    sign: fc.constantFrom('', '', '-', '+'),
    whole: fc.constantFrom('0', '5', '05', '10', '99', '100', '9007199254740993'),
    fraction: fc.constantFrom('', '', '.0', '.00', '.5', '.50', '.005'),
    exponent: fc.constantFrom('', '', '', 'e0', 'E+1', 'e-1'),
  })
  .map(({ sign, whole, fraction, exponent }) => sign + whole + fraction + exponent)
  .map((text): Value => ({ text, number: Number(text) }))

/** What looks like a number, and is none. */
const noNumber = fc
  .constantFrom(
    '5,00',
    '1.000,5',
    '.5',
    '5.',
    ' 5',
    '5 ',
    '5€',
    '0x10',
    '1_000',
    'NaN',
    'Infinity',
    '--5',
    '',
    'e5',
    '٥',
  )
  .map((text): Value => ({ text }))

const parts = ['oak', 'Oak', 'OAK', 'oak table', 'table', 'ab', 'a', 'true', 'false', 'ß', 'ÄB', 'x.y', '[']
const words: fc.Arbitrary<Value> = fc
  .array(fc.constantFrom(...parts), { minLength: 1, maxLength: 3 })
  .map((drawn) => ({ text: drawn.join('') }))

const values = fc.oneof(decimal, noNumber, words, fc.constant<Value>({ text: undefined }))

const numbers = fc.oneof(
  fc.constantFrom(0, 5, 5.5, -5, 10, 50, 99, 99.005, 100, 2 ** 53),
  decimal.map(({ number }) => number ?? 0),
)
const texts = fc.oneof(
  fc.constantFrom(...parts),
  words.map(({ text }) => text ?? 'a'),
  fc.constantFrom('5', '5.00'),
)
const scalars = fc.oneof(numbers, texts, fc.boolean())

const expressions = { '^oak': /^oak/, 'a.*b': /a.*b/, '[0-9]+$': /[0-9]+$/, 'Oak|table': /Oak|table/, 'x*': /x*/ }

const comparisons = fc.record(
  {
    eq: scalars,
    neq: scalars,
    in: fc.array(scalars, { minLength: 1, maxLength: 3 }),
    gt: numbers,
    gte: numbers,
    lt: numbers,
    lte: numbers,
    exists: fc.boolean(),
    contains: texts,
    prefix: texts,
    suffix: texts,
    regex: fc.constantFrom(...Object.keys(expressions)),
  },
  { requiredKeys: [] },
)
type Comparison = typeof comparisons extends fc.Arbitrary<infer C> ? C : never

/** Each operator by itself, in plain words; `of` is what the comparison asks for. */
const plainly: { readonly [O in keyof Required<Comparison>]: (value: Value, of: Required<Comparison>[O]) => boolean } =
  {
    eq: isSame,
    neq: (value, of) => !isSame(value, of),
    in: (value, of) => of.some((one) => isSame(value, one)),
    gt: ({ number = NaN }, of) => number > of,
    gte: ({ number = NaN }, of) => number >= of,
    lt: ({ number = NaN }, of) => number < of,
    lte: ({ number = NaN }, of) => number <= of,
    exists: ({ text = '' }, of) => (text === '' ? !of : of),
    contains: ({ text }, of) => text !== undefined && text.split(of).length > 1,
    prefix: ({ text }, of) => text?.slice(0, of.length) === of,
    suffix: ({ text }, of) =>
      text !== undefined && text.length >= of.length && text.slice(text.length - of.length) === of,
    regex: ({ text }, of) => text !== undefined && expressions[of as keyof typeof expressions].test(text),
  }

function isSame({ text, number }: Value, of: string | number | boolean): boolean {
  return typeof of === 'number' ? number === of : text === `${of}`
}

function holds(value: Value, asked: Comparison): boolean {
  return (Object.keys(asked) as (keyof Comparison)[]).every((operator) =>
    (plainly[operator] as (value: Value, of: unknown) => boolean)(value, asked[operator]),
  )
}

function read(json: unknown, isLowerCase = false): (text: string | undefined) => boolean {
  const check = new Check()
  const test = readComparison(check, json, [], isLowerCase)
  expect(check.problems).toEqual([])
  return test
}

const operators = fc.constantFrom(...(Object.keys(plainly) as (keyof Comparison)[]))
/** Mostly of few operators: many hardly ever hold all at once. */
const asking: fc.Arbitrary<Comparison> = fc
  .oneof(
    {
      weight: 9,
      arbitrary: fc
        .tuple(comparisons, operators, operators)
        .map(([all, a, b]): Comparison => Object.fromEntries([a, b].flatMap((o) => (o in all ? [[o, all[o]]] : [])))),
    },
    comparisons,
  )
  .filter((asked) => Object.keys(asked).length > 0)

describe('a comparison', () => {
  it('holds where each of its operators does, of numbers as numbers and of all else as text', () => {
    let [met, missed] = [0, 0]
    fc.assert(
      fc.property(values, asking, (value, asked: Comparison) => {
        const expected = holds(value, asked)
        if (expected) met++
        else missed++
        expect(read(asked)(value.text)).toBe(expected)
      }),
      { numRuns: 5_000 },
    )
    expect(Math.min(met, missed)).toBeGreaterThan(200)
  })

  it('that is a value by itself asks for that', () => {
    fc.assert(
      fc.property(values, scalars, (value, of) => {
        expect(read(of)(value.text)).toBe(isSame(value, of))
      }),
      { numRuns: 2_000 },
    )
  })

  it('of what comes in lower case is blind to the case of what it asks for', () => {
    const lower = (of: unknown): unknown =>
      typeof of === 'string' ? of.toLowerCase() : Array.isArray(of) ? of.map(lower) : of
    const others = asking.filter(({ regex }) => regex === undefined)
    fc.assert(
      fc.property(values, others, ({ text, ...value }, asked) => {
        const lowered = Object.fromEntries(Object.entries(asked).map(([operator, of]) => [operator, lower(of)]))
        const came = { ...value, text: text?.toLowerCase() }
        expect(read(asked, true)(came.text)).toBe(holds(came, lowered))
      }),
      { numRuns: 2_000 },
    )
  })
})
