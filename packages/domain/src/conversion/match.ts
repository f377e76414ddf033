import { precedes } from '../session/session.ts'
import type { Conversion } from './conversion.ts'

/** An event that matches parts of a compound goal, as its session keeps it. */
export interface Match {
  /** Bit n for the n-th part. */
  readonly parts: number
  /** What the event counts if it completes the goal; its `plan` names the goal's parts. */
  readonly conversion: Conversion
}

/** How the matches of a compound goal come to a conversion. */
export interface Plan {
  /** Counts once a visitor; else once a session. */
  readonly perVisitor: boolean
  /** Each part comes after the one before. */
  readonly inOrder: boolean
  /** How often each part must match. */
  readonly times: readonly number[]
}

/**
 * A plan as text, which is kept with each match: what matched under definitions that were replaced goes on under their plan, and
 * does not add up with what matches under others.
 *
 * @param hash of the goal's name and parts
 */
export function planText({ perVisitor, inOrder, times }: Plan, hash: number): string {
  return [perVisitor ? 'visitor' : 'session', inOrder ? 'sequence' : 'all', times.join(), hash.toString(36)].join(' ')
}

export function readPlan(text: string): Plan {
  const [scope, order, times = ''] = text.split(' ')
  return { perVisitor: scope === 'visitor', inOrder: order === 'sequence', times: times.split(',').map(Number) }
}

/** The order of matches: by event time, then by event id. */
export function compareMatches({ conversion: a }: Match, { conversion: b }: Match): number {
  return precedes(a.event_time, a.event_id, { time: b.event_time, event_id: b.event_id }) ? -1 : 1
}

/**
 * What the matches of a session come to: for each goal the conversion of the earliest event that completes it.
 *
 * @param matches in order
 */
export function completions(matches: readonly Match[]): readonly Conversion[] {
  const earliest = new Map<string, Match>()
  for (const [text, own] of byPlan(matches)) {
    const completed = own[Math.max(...filling(readPlan(text), own).fullAt)]
    if (completed === undefined) continue
    const { goal } = completed.conversion
    const rival = earliest.get(goal)
    if (rival === undefined || compareMatches(completed, rival) < 0) earliest.set(goal, completed)
  }
  return [...earliest.values()].map(({ conversion }) => conversion)
}

/**
 * Without the matches that can't matter any more, as long as none of the others leaves: once a part is full, a match
 * behind that never does, for more matches only make it full earlier. Of those that a sequence would only need if matches of
 * the part before came late, the latest hundred stay.
 *
 * @param matches in order
 */
export function pruned(matches: readonly Match[]): readonly Match[] {
  const gone = new Set<Match>()
  for (const [text, own] of byPlan(matches)) {
    const { fullAt, isUsed } = filling(readPlan(text), own)
    const idle: Match[] = []
    for (const [at, match] of own.entries()) {
      if (isUsed[at] === true) continue
      if (fullAt.some((full, part) => has(match, part) && at < full)) idle.push(match)
      else gone.add(match)
    }
    for (const match of idle.slice(0, Math.max(0, idle.length - MAX_IDLE))) gone.add(match)
  }
  return gone.size === 0 ? matches : matches.filter((match) => !gone.has(match))
}

const MAX_IDLE = 100

interface Filling {
  /** For each part the place of the match that makes it full, Infinity where none does. */
  readonly fullAt: readonly number[]
  /** For each match whether a part counts it. */
  readonly isUsed: readonly boolean[]
}

/** Counts the matches of one goal into its parts, each as early as it can be. */
function filling({ inOrder, times }: Plan, matches: readonly Match[]): Filling {
  const counts = times.map(() => 0)
  const fullAt = times.map(() => Infinity)
  const isUsed = matches.map(() => false)
  for (const [at, match] of matches.entries()) {
    for (const [part, most] of times.entries()) {
      const count = counts[part] ?? 0
      if (count === most || !has(match, part)) continue
      // The event that makes a part full is not yet one after it.
      if (inOrder && part > 0 && (fullAt[part - 1] ?? 0) >= at) continue
      isUsed[at] = true
      counts[part] = count + 1
      if (count + 1 === most) fullAt[part] = at
    }
  }
  return { fullAt, isUsed }
}

function has({ parts }: Match, part: number): boolean {
  return (parts & (1 << part)) !== 0
}

function byPlan(matches: readonly Match[]): Map<string, Match[]> {
  const found = new Map<string, Match[]>()
  for (const match of matches) {
    const others = found.get(match.conversion.plan)
    if (others === undefined) found.set(match.conversion.plan, [match])
    else others.push(match)
  }
  return found
}
