import type { SessionRow } from '@cairn/domain'
import { describe, expect, it } from '@jest/globals'
import { RollUp } from './roll-up.ts'

const hour = Date.UTC(2026, 0, 5, 10)
const base = {
  session_id: 's',
  counted: 1,
  site: 'shop',
  started_at: hour + 1000,
  channel: 'Email',
  source: 'news',
  medium: 'email',
  campaign: '',
  macro: 0,
  goal_names: [],
  goal_counts: [],
  goal_macro: [],
  goal_currencies: [],
  goal_converted: [],
  goal_values: [],
} as unknown as SessionRow

const bought: SessionRow = {
  ...base,
  macro: 1,
  goal_names: ['purchase'],
  goal_counts: [1],
  goal_macro: [1],
  goal_currencies: ['EUR'],
  goal_converted: [1],
  goal_values: [4990],
}

const key = (of: Partial<{ hour: number; channel: string; goal: string; currency: string }> = {}) =>
  JSON.stringify([
    'shop',
    of.hour ?? hour,
    of.channel ?? 'Email',
    'news',
    'email',
    '',
    of.goal ?? '',
    of.currency ?? '',
  ])
const none = { sessions: 0, converting_sessions: 0, micro: 0, macro: 0, value_minor: 0 }

describe('the roll-up', () => {
  it('counts each session as its last version is', () => {
    const rollUp = new RollUp()
    rollUp.replace(base)
    rollUp.replace({ ...base, session_id: 't' })
    rollUp.replace(bought)
    expect(rollUp.rows()).toEqual(
      new Map([
        [key(), { ...none, sessions: 2, converting_sessions: 1 }],
        [key({ goal: 'purchase', currency: 'EUR' }), { ...none, converting_sessions: 1, macro: 1, value_minor: 4990 }],
      ]),
    )
  })

  it('keeps nothing of a version whose hour or channel was another, or of a session that no longer counts', () => {
    const rollUp = new RollUp()
    rollUp.replace(bought)
    rollUp.replace({ ...base, started_at: hour - 1, channel: 'Direct' })
    expect(rollUp.rows()).toEqual(
      new Map([[key({ hour: hour - 3_600_000, channel: 'Direct' }), { ...none, sessions: 1 }]]),
    )
    rollUp.replace({ ...base, counted: 0 })
    expect(rollUp.rows()).toEqual(new Map())
  })
})
