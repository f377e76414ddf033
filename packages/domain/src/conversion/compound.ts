import { kindOf, type Check, type Path } from '../definitions/check.ts'
import type { Millis, StorefrontEvent } from '../event/event.ts'
import { hash53 } from '../event/hash.ts'
import { planText, type Plan } from './match.ts'
import { anyOf, readGoalMatcher, type Matcher } from './matcher.ts'

/** The parts of a compound goal: a set or a sequence of matches within a session or a window. */
export interface Compound {
  /** See {@link planText}. */
  readonly plan: string
  readonly parts: readonly Matcher[]
  /** See {@link Plan}. */
  readonly windowMs: Millis
}

const KEYS = ['all', 'sequence', 'within']
const PART_KEYS = ['match', 'times']
const MAX_PARTS = 8
/** So many matches of a goal are kept with a session. */
const MAX_MATCHES = 100
const LONGEST_WINDOW = '30d'

/** Reads what stands under `compound`; each part is a matcher and how often it must match. */
export function readCompound(check: Check, json: unknown, path: Path, name: string, perVisitor: boolean): Compound {
  const { all, sequence, within } = check.object(json, path, KEYS)
  if ((all === undefined) === (sequence === undefined)) check.add(path, 'expected either all or sequence')
  const windowMs = readWithin(check, within, [...path, 'within'])
  const inOrder = all === undefined
  const [key, list] = inOrder ? ['sequence', sequence] : ['all', all]
  const parts = list === undefined ? [] : readParts(check, list, [...path, key])
  const plan: Plan = { perVisitor, inOrder, times: parts.map(({ times }) => times), windowMs }
  const hash = hash53(JSON.stringify([name, json]))
  return { plan: planText(plan, hash), parts: parts.map(({ matcher }) => matcher), windowMs }
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

/** The window in milliseconds, 0 for the session. */
function readWithin(check: Check, within: unknown, path: Path): Millis {
  if (within === undefined || within === 'session') return 0
  if (typeof within === 'string' && /^\d/.test(within)) return check.duration(within, path, LONGEST_WINDOW)
  check.add(path, `expected session or a duration such as 7d, at most ${LONGEST_WINDOW}, got ${kindOf(within)}`)
  return 0
}

/** Which events match a part, for the look-up of goals by event name. */
export function anyPart({ parts }: Compound): Matcher {
  return anyOf(parts)
}

/** The parts that an event matches, bit n for the n-th. */
export function matchedParts({ parts }: Compound, event: StorefrontEvent): number {
  let matched = 0
  for (let at = 0; at < parts.length; at++) if (parts[at]?.matches(event) === true) matched |= 1 << at
  return matched
}
