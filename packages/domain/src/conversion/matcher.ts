import type { Check, Path } from '../definitions/check.ts'
import { readComparison, type TextTest } from '../definitions/comparison.ts'
import { hostSlip, pathSlip } from '../definitions/slips.ts'
import { readPattern, type TextKind } from '../definitions/text-pattern.ts'
import { currencyExponent } from '../event/money.ts'
import { canonicalName } from '../event/name.ts'
import { propertyOf } from '../event/property.ts'
import type { StorefrontEvent } from '../event/event.ts'

/** A compiled condition on an event. */
export interface Matcher {
  readonly matches: (event: StorefrontEvent) => boolean
  /** The only event names it can match; null when any may. */
  readonly names: ReadonlySet<string> | null
  /** Whether some event of a name may match; asked when definitions are read, never of an event. */
  readonly canMatch: (name: string) => boolean
  /** Whether every event of a name matches: what a `not` rules out. */
  readonly mustMatch: (name: string) => boolean
}

/** The texts of an event that patterns are for. */
const TEXTS = {
  host: { separator: '.', isLowerCase: true, slip: hostSlip },
  path: { separator: '/', isLowerCase: false, slip: pathSlip },
  url: { separator: '/', isLowerCase: false, slip: null },
  title: { separator: '', isLowerCase: false, slip: null },
  referrer_host: { separator: '.', isLowerCase: true, slip: hostSlip },
} satisfies Readonly<Record<string, TextKind>>
type TextField = keyof typeof TEXTS

const TEXT_FIELDS = Object.keys(TEXTS) as TextField[]
const KEYS = ['event', ...TEXT_FIELDS, 'properties', 'fields', 'all', 'any', 'not']
const FIELDS = ['order_id', 'coupon', 'currency', 'value']

/** Calls that are no names of events, and the name that theirs have. */
const CALLS: ReadonlyMap<string, string> = new Map([
  ['page', canonicalName('page', '')],
  ['screen', canonicalName('screen', '')],
])

/** Reads a matcher mapping; all its keys must hold. */
export function readMatcher(check: Check, json: unknown, path: Path): Matcher {
  const entries = check.object(json, path, KEYS)
  if (Object.keys(entries).length === 0) check.add(path, 'an empty matcher would match every event')
  const parts: Matcher[] = []
  const read = (key: string, reader: (check: Check, json: unknown, path: Path) => Matcher): void => {
    if (entries[key] !== undefined) parts.push(reader(check, entries[key], [...path, key]))
  }
  read('event', readNames)
  for (const key of TEXT_FIELDS) read(key, (...at) => readText(...at, key))
  read('properties', readProperties)
  read('fields', readFields)
  read('all', (...at) => allOf(readList(...at)))
  read('any', (...at) => anyOf(readList(...at)))
  read('not', (...at) => noneOf(readMatcher(...at)))
  return allOf(parts)
}

/** A matcher that some event can meet: one whose names exclude each other is a slip that would count nothing for ever. */
export function readGoalMatcher(check: Check, json: unknown, path: Path): Matcher {
  const before = check.problems.length
  const matcher = readMatcher(check, json, path)
  if (matcher.names?.size === 0 && check.problems.length === before)
    check.add(path, 'no event has all the names that must hold at once: put them into one list')
  return matcher
}

function readList(check: Check, json: unknown, path: Path): Matcher[] {
  const items = check.list(json, path)
  if (items.length === 0) check.add(path, 'the list is empty')
  return items.map((item, at) => readMatcher(check, item, [...path, at]))
}

function readNames(check: Check, json: unknown, path: Path): Matcher {
  const names = new Set(check.texts(json, path))
  for (const name of names) {
    const call = CALLS.get(name)
    const canonical = call ?? canonicalName('track', name)
    if (call !== undefined) check.add(path, `${name} calls arrive as "${call}": write that`)
    else if (canonical !== name) check.add(path, `events named "${name}" arrive as "${canonical}": write that`)
  }
  const has = (name: string): boolean => names.has(name)
  return { names, matches: (event) => names.has(event.name), canMatch: has, mustMatch: has }
}

/** A test of something else than the name. */
function ofAnyName(matches: Matcher['matches']): Matcher {
  return { names: null, matches, canMatch: () => true, mustMatch: () => false }
}

/** An event that does not have the text matches no pattern. A path may also match as people read it. */
function readText(check: Check, json: unknown, path: Path, key: TextField): Matcher {
  const test = readPattern(check, json, path, TEXTS[key])
  if (key === 'path') return ofAnyName((event) => event.path !== '' && (test(event.path) || isReadAs(event.path, test)))
  return ofAnyName((event) => event[key] !== '' && test(event[key]))
}

/**
 * Whether a path with escapes passes without them: definitions have `/über-uns`, addresses `/%C3%BCber-uns`, or `%c3%bc` as
 * some shop systems write it. Escapes of what parts an address, such as `%2F`, stay.
 */
function isReadAs(path: string, test: (text: string) => boolean): boolean {
  if (!path.includes('%')) return false
  if (path !== lastRead.path) lastRead = { path, text: readable(path) }
  return lastRead.text !== path && test(lastRead.text)
}

/** All goals ask for the path of one event, one after the other; to read it for each takes longer than to match it. */
let lastRead = { path: '', text: '' }

/** What is not UTF-8 nobody reads otherwise than as it is. */
function readable(path: string): string {
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}

function readProperties(check: Check, json: unknown, path: Path): Matcher {
  const tests = readTests(check, check.entries(json, path), path)
  return ofAnyName((event) => tests.every(([name, test]) => test(propertyOf(event, name))))
}

function readFields(check: Check, json: unknown, path: Path): Matcher {
  const tests = readTests(check, check.object(json, path, FIELDS), path)
  return ofAnyName((event) => tests.every(([name, test]) => test(fieldOf(event, name))))
}

function readTests(check: Check, entries: Readonly<Record<string, unknown>>, path: Path): [string, TextTest][] {
  return Object.entries(entries).map(([name, json]) => [name, readComparison(check, json, [...path, name])])
}

function fieldOf(event: StorefrontEvent, name: string): string | undefined {
  switch (name) {
    case 'order_id':
      return event.order_id || undefined
    case 'coupon':
      return event.coupon || undefined
    case 'currency':
      return event.currency || undefined
    default:
      return event.value_minor === null ? undefined : majorUnits(event.value_minor, event.currency)
  }
}

/** Definitions speak of money as people do (`value: { gte: 100 }`), not in minor units. */
function majorUnits(minor: number, currency: string): string {
  return String(minor / 10 ** currencyExponent(currency))
}

function allOf(parts: readonly Matcher[]): Matcher {
  const [only] = parts
  if (only !== undefined && parts.length === 1) return only
  let names: ReadonlySet<string> | null = null
  for (const part of parts) names = intersection(names, part.names)
  return {
    names,
    matches: (event) => {
      for (const part of parts) if (!part.matches(event)) return false
      return true
    },
    canMatch: (name) => parts.every((part) => part.canMatch(name)),
    mustMatch: (name) => parts.every((part) => part.mustMatch(name)),
  }
}

export function anyOf(parts: readonly Matcher[]): Matcher {
  const sets = parts.map((part) => part.names)
  const names = sets.every((set) => set !== null) ? new Set(sets.flatMap((set) => [...set])) : null
  return {
    names,
    matches: (event) => {
      for (const part of parts) if (part.matches(event)) return true
      return false
    },
    canMatch: (name) => parts.some((part) => part.canMatch(name)),
    mustMatch: (name) => parts.some((part) => part.mustMatch(name)),
  }
}

function noneOf(part: Matcher): Matcher {
  return {
    names: null,
    matches: (event) => !part.matches(event),
    canMatch: (name) => !part.mustMatch(name),
    mustMatch: (name) => !part.canMatch(name),
  }
}

function intersection(a: ReadonlySet<string> | null, b: ReadonlySet<string> | null): ReadonlySet<string> | null {
  if (a === null || b === null) return a ?? b
  return new Set([...a].filter((name) => b.has(name)))
}
