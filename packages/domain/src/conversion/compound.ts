import type { Check, Path } from '../definitions/check.ts'
import type { StorefrontEvent } from '../event/event.ts'
import { hash53 } from '../event/hash.ts'
import { planText } from './match.ts'
import { anyOf, readGoalMatcher, type Matcher } from './matcher.ts'

/** The parts of a compound goal: a set or a sequence of matches within a session. */
export interface Compound {
  /** See {@link planText}. */
  readonly plan: string
  readonly parts: readonly Matcher[]
}

const KEYS = ['all', 'sequence', 'within']
const PART_KEYS = ['match', 'times']
const MAX_PARTS = 8
/** So many matches of a goal are kept with a session. */
const MAX_MATCHES = 100

/** Reads what stands under `compound`; each part is a matcher and how often it must match. */
export function readCompound(check: Check, json: unknown, path: Path, name: string, perVisitor: boolean): Compound {
  const { all, sequence, within } = check.object(json, path, KEYS)
  if ((all === undefined) === (sequence === undefined)) check.add(path, 'expected either all or sequence')
  if (within !== undefined) readWithin(check, within, [...path, 'within'])
  const inOrder = all === undefined
  const [key, list] = inOrder ? ['sequence', sequence] : ['all', all]
  const parts = list === undefined ? [] : readParts(check, list, [...path, key])
  const plan = { perVisitor, inOrder, times: parts.map(({ times }) => times) }
  const hash = hash53(JSON.stringify([name, json]))
  return { plan: planText(plan, hash), parts: parts.map(({ matcher }) => matcher) }
}

interface Part {
  readonly matcher: Matcher
  readonly times: number
}

function readParts(check: Check, json: unknown, path: Path): Part[] {
  const before = check.problems.length
  const items = check.list(json, path)
  const parts = items.map((item, at) => readPart(check, item, [...path, at]))
  if (check.problems.length > before) return parts
  if (parts.length === 0 || parts.length > MAX_PARTS)
    check.add(path, `expected 1 to ${MAX_PARTS} parts, got ${parts.length}`)
  const matches = parts.reduce((sum, { times }) => sum + times, 0)
  if (matches > MAX_MATCHES) check.add(path, `asks for ${matches} matches, of which ${MAX_MATCHES} can be kept`)
  if (matches === 1) check.add(path, 'one match is no compound goal: use match, or say how many times')
  return parts
}

function readPart(check: Check, json: unknown, path: Path): Part {
  const { match, times } = check.object(json, path, PART_KEYS)
  return {
    matcher: readGoalMatcher(check, match, [...path, 'match']),
    times: times === undefined ? 1 : check.integer(times, [...path, 'times'], 1, MAX_MATCHES),
  }
}

function readWithin(check: Check, within: unknown, path: Path): void {
  if (typeof within === 'string' && /^\d+[smhd]$/.test(within))
    check.add(path, `windows such as ${within} are not there yet: a compound goal is reached within a session`)
  else check.oneOf(within, path, ['session'], 'session')
}

/** Which events match a part, for the look-up of goals by event name. */
export function anyPart({ parts }: Compound): Matcher {
  return anyOf(parts)
}

/** The parts that an event matches, bit n for the n-th. */
export function partsOf({ parts }: Compound, event: StorefrontEvent): number {
  let bits = 0
  for (const [at, part] of parts.entries()) if (part.matches(event)) bits |= 1 << at
  return bits
}
