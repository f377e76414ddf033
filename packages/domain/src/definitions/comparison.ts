import type { Check, Path } from './check.ts'
import { readRegex } from './text-pattern.ts'

/** A condition on one text value; `undefined` where the event does not have it. */
export type TextTest = (value: string | undefined) => boolean

type Scalar = string | number | boolean

const operators = [
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
 *
 * @param isLowerCase the values arrive in lower case: texts are read that way, and expressions are blind to case
 */
export function readComparison(check: Check, json: unknown, path: Path, isLowerCase = false): TextTest {
  if (isScalar(json)) return equals(cased(json, isLowerCase))
  const entries = Object.entries(check.object(json, path, operators))
  if (entries.length === 0) check.add(path, `expected a value or one of ${operators.join(', ')}`)
  const tests = entries.flatMap(([operator, operand]) =>
    isOperator(operator) ? [readOperator(check, operator, operand, [...path, operator], isLowerCase)] : [],
  )
  return (value) => tests.every((test) => test(value))
}

function readOperator(check: Check, operator: Operator, operand: unknown, path: Path, isLowerCase: boolean): TextTest {
  const value = (json: unknown, at: Path): Scalar => cased(scalar(check, json, at), isLowerCase)
  switch (operator) {
    case 'eq':
      return equals(value(operand, path))
    case 'neq': {
      const same = equals(value(operand, path))
      return (value) => !same(value)
    }
    case 'in': {
      const items = check.list(operand, path)
      if (Array.isArray(operand) && items.length === 0) check.add(path, 'the list is empty, so it can never match')
      const choices = items.map((item, at) => equals(value(item, [...path, at])))
      return (value) => choices.some((same) => same(value))
    }
    case 'exists': {
      const wanted = check.boolean(operand, path)
      return (value) => (value !== undefined && value !== '') === wanted
    }
    default:
      return isOrder(operator)
        ? ordered(operator, check.number(operand, path))
        : ofText(readTextTest(check, operator, check.text(operand, path), path, isLowerCase))
  }
}

type Order = 'gt' | 'gte' | 'lt' | 'lte'

function isOrder(operator: Operator): operator is Order {
  return operator === 'gt' || operator === 'gte' || operator === 'lt' || operator === 'lte'
}

function readTextTest(
  check: Check,
  operator: 'contains' | 'prefix' | 'suffix' | 'regex',
  operand: string,
  path: Path,
  isLowerCase: boolean,
): (value: string) => boolean {
  if (operator === 'regex') return readRegex(check, operand, path, isLowerCase)
  const part = isLowerCase ? operand.toLowerCase() : operand
  switch (operator) {
    case 'contains':
      return (value) => value.includes(part)
    case 'prefix':
      return (value) => value.startsWith(part)
    case 'suffix':
      return (value) => value.endsWith(part)
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

function cased(operand: Scalar, isLowerCase: boolean): Scalar {
  return isLowerCase && typeof operand === 'string' ? operand.toLowerCase() : operand
}

function isScalar(json: unknown): json is Scalar {
  return typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean'
}

function isOperator(text: string): text is Operator {
  return (operators as readonly string[]).includes(text)
}
