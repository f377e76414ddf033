import type { Check, Path } from '../definitions/check.ts'

/** A condition on one text value; `undefined` where the event does not have it. */
export type TextTest = (value: string | undefined) => boolean

type Scalar = string | number | boolean

const OPERATORS = ['eq', 'neq', 'in', 'gt', 'gte', 'lt', 'lte', 'exists', 'contains'] as const
type Operator = (typeof OPERATORS)[number]

/**
 * Reads `{ eq: …, gte: …, … }` (all must hold) or a bare scalar (`eq`). Numbers compare as numbers, so `5` equals the
 * property `5.00`; text and booleans as text. A missing value fails every comparison except `neq` and `exists: false`.
 */
export function readComparison(check: Check, json: unknown, path: Path): TextTest {
  if (isScalar(json)) return equals(json)
  const entries = Object.entries(check.object(json, path, OPERATORS))
  if (entries.length === 0) check.add(path, `expected a value or one of ${OPERATORS.join(', ')}`)
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
    case 'contains': {
      const part = check.text(operand, path)
      return (value) => value?.includes(part) ?? false
    }
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return ordered(operator, check.number(operand, path))
  }
}

function ordered(operator: 'gt' | 'gte' | 'lt' | 'lte', bound: number): TextTest {
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
  return (OPERATORS as readonly string[]).includes(text)
}
