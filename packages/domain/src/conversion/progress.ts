import type { Millis } from '../event/event.ts'
import { has, partsOf, readPlan, type KnownGoal, type Match, type Plan } from './match.ts'

/** How far the matches of a goal within a window have come, taken one after the other in order. */
export interface Progress {
  /** Takes one more; returns whether it is the last of matches that make all parts complete within the window. */
  readonly add: (match: Match) => boolean
  /** Adds those taken so far that completed the last one, or that one still to come may need; to the same set each time. */
  readonly noteNeeded: (needed: Set<Match>) => void
}

export function progressOf({ id, plan: text }: KnownGoal): Progress {
  const plan = readPlan(text)
  return plan.inOrder ? new SequenceProgress(plan, id) : new SetProgress(plan, id)
}

/** Of each part as many matches as it takes, the latest: if these are not within the window, none are. */
class SetProgress implements Progress {
  private readonly plan: Plan
  private readonly id: number
  private readonly latest: readonly Match[][]

  constructor(plan: Plan, id: number) {
    this.plan = plan
    this.id = id
    this.latest = plan.times.map(() => [])
  }

  add(match: Match): boolean {
    const { times, windowMs } = this.plan
    const since = match.event_time - windowMs
    const parts = partsOf(match, this.id)
    let isComplete = true
    for (const [part, own] of this.latest.entries()) {
      if (has(parts, part)) own.push(match)
      if (own.length > (times[part] ?? 0)) own.shift()
      const [first] = own
      isComplete &&= own.length === times[part] && first !== undefined && first.event_time > since
    }
    return isComplete
  }

  noteNeeded(needed: Set<Match>): void {
    for (const own of this.latest) for (const match of own) needed.add(match)
  }
}

/** Matches each after the one before, the last first. */
interface Chain {
  readonly match: Match
  readonly before: Chain | null
  /** Time of the first. */
  readonly since: Millis
  /** Whether it and those before it are noted as needed: chains share beginnings, and a visitor may have thousands. */
  isNoted: boolean
}

/** For each beginning of the sequence the matches that make it and begin latest: if these are out of the window, all are. */
class SequenceProgress implements Progress {
  private readonly windowMs: Millis
  private readonly id: number
  /** The parts one match after the other: a part that takes three matches stands there three times. */
  private readonly steps: readonly number[]
  private readonly chains: (Chain | undefined)[] = []

  constructor({ times, windowMs }: Plan, id: number) {
    this.windowMs = windowMs
    this.id = id
    this.steps = times.flatMap((count, part) => Array.from({ length: count }, () => part))
  }

  add(match: Match): boolean {
    const { event_time } = match
    const { chains, steps } = this
    const parts = partsOf(match, this.id)
    // From the last on: no match counts twice in a chain.
    for (let at = steps.length - 1; at >= 0; at--) {
      if (!has(parts, steps[at] ?? 0)) continue
      const before = at === 0 ? null : chains[at - 1]
      if (before !== undefined)
        chains[at] = { match, before, since: before === null ? event_time : before.since, isNoted: false }
    }
    const whole = chains[steps.length - 1]
    return whole !== undefined && whole.match === match && whole.since > event_time - this.windowMs
  }

  noteNeeded(needed: Set<Match>): void {
    for (const chain of this.chains) {
      for (let at = chain ?? null; at !== null && !at.isNoted; at = at.before) {
        at.isNoted = true
        needed.add(at.match)
      }
    }
  }
}
