import type { SessionRow } from '@cairn/domain'

const hourMs = 3_600_000
const measures = ['sessions', 'converting_sessions', 'micro', 'macro', 'value_minor'] as const
export type Measures = Record<(typeof measures)[number], number>

/**
 * The hourly roll-up as the sessions give it, computed without the warehouse's views: goal '' counts sessions, every
 * other row the conversions of one goal in one currency.
 */
export class RollUp {
  readonly rows = new Map<string, Measures>()

  add(session: SessionRow): void {
    if (session.counted === 0) return
    this.#add(session, '', '', {
      sessions: 1,
      converting_sessions: session.macro > 0 ? 1 : 0,
      micro: 0,
      macro: 0,
      value_minor: 0,
    })
    for (const [i, goal] of session.goal_names.entries()) {
      const count = session.goal_counts[i] ?? 0
      const isMacro = session.goal_macro[i] === 1
      this.#add(session, goal, session.goal_currencies[i] ?? '', {
        sessions: 0,
        converting_sessions: session.goal_converted[i] ?? 0,
        micro: isMacro ? 0 : count,
        macro: isMacro ? count : 0,
        value_minor: session.goal_values[i] ?? 0,
      })
    }
  }

  #add(session: SessionRow, goal: string, currency: string, added: Measures): void {
    const hour = Math.floor(session.started_at / hourMs) * hourMs
    const { site, channel, source, medium, campaign } = session
    const key = JSON.stringify([site, hour, channel, source, medium, campaign, goal, currency])
    const sum = this.rows.get(key) ?? { sessions: 0, converting_sessions: 0, micro: 0, macro: 0, value_minor: 0 }
    for (const measure of measures) sum[measure] += added[measure]
    this.rows.set(key, sum)
  }
}
