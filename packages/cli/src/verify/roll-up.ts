import type { SessionRow } from '@cairn/domain'

const hourMs = 3_600_000
const measures = ['sessions', 'converting_sessions', 'micro', 'macro', 'value_minor'] as const
export type Measures = Record<(typeof measures)[number], number>

/** What a session adds: for each row it counts in, the row's number and then its measures. */
type Contribution = readonly number[]
const width = 1 + measures.length

/**
 * The hourly roll-up as the sessions give it, computed without the warehouse's views and without what session rows say
 * about their earlier versions: goal '' counts sessions, every other row the conversions of one goal in one currency.
 */
export class RollUp {
  readonly #numbers = new Map<string, number>()
  readonly #sums: number[][] = []
  readonly #contributions = new Map<string, Contribution>()

  /** Counts a session as it is now instead of as it was. */
  replace(session: SessionRow): void {
    this.#add(this.#contributions.get(session.session_id) ?? [], -1)
    const contribution = this.#contributionOf(session)
    this.#add(contribution, 1)
    this.#contributions.set(session.session_id, contribution)
  }

  /** The rows that are not zero, by their key. */
  rows(): Map<string, Measures> {
    const rows = [...this.#numbers].map(([key, at]) => [key, this.#sums[at] as number[]] as const)
    return new Map(
      rows
        .filter(([, sums]) => sums.some((sum) => sum !== 0))
        .map(([key, sums]) => [key, Object.fromEntries(measures.map((m, i) => [m, sums[i]])) as Measures]),
    )
  }

  #add(contribution: Contribution, sign: 1 | -1): void {
    for (let at = 0; at < contribution.length; at += width) {
      const sums = this.#sums[contribution[at] as number] as number[]
      for (let i = 0; i < measures.length; i++)
        sums[i] = (sums[i] as number) + sign * (contribution[at + 1 + i] as number)
    }
  }

  #contributionOf(session: SessionRow): Contribution {
    if (session.counted === 0) return []
    const contribution = [this.#numberOf(session, '', ''), 1, session.macro > 0 ? 1 : 0, 0, 0, 0]
    for (const [i, goal] of session.goal_names.entries()) {
      const count = session.goal_counts[i] ?? 0
      const isMacro = session.goal_macro[i] === 1
      contribution.push(
        this.#numberOf(session, goal, session.goal_currencies[i] ?? ''),
        0,
        session.goal_converted[i] ?? 0,
        isMacro ? 0 : count,
        isMacro ? count : 0,
        session.goal_values[i] ?? 0,
      )
    }
    return contribution
  }

  #numberOf({ site, started_at, channel, source, medium, campaign }: SessionRow, goal: string, currency: string) {
    const hour = Math.floor(started_at / hourMs) * hourMs
    const key = JSON.stringify([site, hour, channel, source, medium, campaign, goal, currency])
    let number = this.#numbers.get(key)
    if (number === undefined) {
      this.#numbers.set(key, (number = this.#sums.length))
      this.#sums.push([0, 0, 0, 0, 0])
    }
    return number
  }
}
