import type { Check, Path } from './check.ts'
import { readRegex } from './text-pattern.ts'

/** A condition on one text value; `undefined` where the event does not have it. */
export type TextTest = (value: string | undefined) => boolean

type Scalar = string | number | boolean

export const operators = [
  'eq',
  'neq',
  'in',
  'gt',
  'gte',
  'lt',
  'lte',
  'exists',
  'contains',
  'prefix',
  'suffix',
  'regex',
] as const
type Operator = (typeof operators)[number]

/**
 * Reads `{ eq: …, gte: …, … }` (all must hold) or a bare scalar (`eq`). Numbers compare as numbers, so `5` equals the
 * property `5.00`; text and booleans as text. A missing value fails every comparison except `neq` and `exists: false`.
 */
export function readComparison(check: Check, json: unknown, path: Path): TextTest {
  if (isScalar(json)) return equals(json)
  const entries = Object.entries(check.object(json, path, operators))
  if (entries.length === 0) check.add(path, `expected a value or one of ${operators.join(', ')}`)
  const tests = entries.flatMap(([operator, operand]) =>
    isOperator(operator) ? [readOperator(check, operator, operand, [...path, operator])] : [],
  )
  return (value) => tests.every((test) => test(value))
}

function readOperator(check: Check, operator: Operator, operand: unknown, path: Path): TextTest {
  switch (operator) {
    case 'eq':
      return equals(scalar(check, operand, path))
    case 'neq': {
      const same = equals(scalar(check, operand, path))
      return (value) => !same(value)
    }
    case 'in': {
      const choices = check.list(operand, path).map((item, at) => equals(scalar(check, item, [...path, at])))
      return (value) => choices.some((same) => same(value))
    }
    case 'exists': {
      const wanted = check.boolean(operand, path)
      return (value) => (value !== undefined && value !== '') === wanted
    }
    default:
      return isOrder(operator)
        ? ordered(operator, check.number(operand, path))
        : ofText(readTextTest(check, operator, check.text(operand, path), path))
  }
}

type Order = 'gt' | 'gte' | 'lt' | 'lte'

function isOrder(operator: Operator): operator is Order {
  return operator === 'gt' || operator === 'gte' || operator === 'lt' || operator === 'lte'
}

function readTextTest(
  check: Check,
  operator: 'contains' | 'prefix' | 'suffix' | 'regex',
  part: string,
  path: Path,
): (value: string) => boolean {
  switch (operator) {
    case 'contains':
      return (value) => value.includes(part)
    case 'prefix':
      return (value) => value.startsWith(part)
    case 'suffix':
      return (value) => value.endsWith(part)
    case 'regex':
      return readRegex(check, part, path)
  }
}

/** What is not there passes no test of its text. */
function ofText(test: (value: string) => boolean): TextTest {
  return (value) => value !== undefined && test(value)
}

function ordered(operator: Order, bound: number): TextTest {
  const holds = {
    gt: (n: number) => n > bound,
    gte: (n: number) => n >= bound,
    lt: (n: number) => n < bound,
    lte: (n: number) => n <= bound,
  }[operator]
  return (value) => {
    const number = numeric(value)
    return number !== undefined && holds(number)
  }
}

function equals(operand: Scalar): TextTest {
  if (typeof operand === 'number') return (value) => numeric(value) === operand
  const text = String(operand)
  return (value) => value === text
}

/** The value as a number, if it is decimal text. */
function numeric(value: string | undefined): number | undefined {
  return value !== undefined && /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value) ? Number(value) : undefined
}

function scalar(check: Check, json: unknown, path: Path): Scalar {
  return isScalar(json) ? json : check.text(json, path)
}

function isScalar(json: unknown): json is Scalar {
  return typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean'
}

function isOperator(text: string): text is Operator {
  return (operators as readonly string[]).includes(text)
}
