import { describe, expect, it } from '@jest/globals'
import { leftOutRows, notJudged, sqlText } from './judgement.ts'
import { isJudged } from './left-out.ts'
import { rulesBySite } from './rules.ts'
import { conversionDifferences, creditDifferences } from './statements.ts'

const part = (event: string) => ({ match: { event } })
const compound = (name: string) => ({ name, kind: 'macro', compound: { all: [part('search'), part('purchase')] } })
const buy = { name: 'buy', kind: 'macro', ...part('purchase') }

function rulesOf(...goals: unknown[]) {
  const found = rulesBySite([{ number: 4, json: JSON.stringify({ goals }) }])('shop', [4])
  if (!found.ok) throw new Error(found.because)
  return found.rules
}

describe('verify --sql', () => {
  it('leaves the rows of compound goals out, and of no others', () => {
    const rules = rulesOf(buy, compound('pair'), compound("it's"))
    expect(rules.goals.map(({ name }) => name)).toEqual(['buy'])
    expect(isJudged('credits', rules.leftOut)).toBe("NOT ((goal IN ('pair', 'it\\'s')))")
    for (const statement of [conversionDifferences(rules), creditDifferences(rules)])
      expect(statement).toContain(isJudged('credits', rules.leftOut))
    expect(isJudged('sessions', rules.leftOut)).toBe('true')
    expect(isJudged('conversions', rulesOf(buy).leftOut)).toBe('true')
  })

  it('says how much of a site it does not judge, and why', () => {
    const compared = { sessions: 3, conversions: 2, credits: 1 }
    const judged = { site: 'shop', because: null, compared, differences: [] }
    const text = 'site shop, from its events by SQL: 3 sessions, 2 conversions, 1 credit; 0 differences\n'
    expect(sqlText([{ ...judged, left_out: [] }])).toBe(text)
    const left_out = [
      { because: 'session_rules_changed', goals: null, before: 7, rows: { sessions: 9, conversions: 8, credits: 7 } },
      { because: 'compound', goals: ['pair', 'reader'], before: null, rows: { conversions: 6, credits: 5 } },
      { because: 'goal_changed', goals: ['buy'], before: 2, rows: { conversions: 4, credits: 3 } },
    ] as const
    expect(sqlText([{ ...judged, left_out }])).toBe(
      [
        text,
        '  not judged: 9 sessions, 8 conversions, 7 credits by visitors from before definitions 7 or their first hour: these changed its session rules\n',
        '  not judged: 6 conversions, 5 credits of pair, reader: no event tells what matched a part of a compound goal\n',
        '  not judged: 4 conversions, 3 credits of buy by visitors from before definitions 2 or their first hour: these changed how it counts\n',
        'left out by SQL: 9 sessions, 18 conversions, 15 credits, as said above\n',
      ].join(''),
    )
  })

  const nothing = { sessions: 0, conversions: 0, credits: 0 }

  it('names at the end the sites of which nothing was judged, whatever there is of them', () => {
    const cut = { site: 'cut', because: 'cut_on_campaign', left_out: [], compared: nothing, differences: [] } as const
    const facts = ['sessions', 'conversions', 'credits']
    expect(notJudged([cut])).toEqual([{ site: 'cut', facts, because: ['cut_on_campaign'] }])
    expect(sqlText([cut])).toMatch(
      /\nnot judged by SQL: sessions, conversions, credits of site cut: campaigns cut its sessions\n$/,
    )
  })

  it('names rows of a site of which there are some and none was judged', () => {
    const judged = { site: 'shop', because: null, differences: [], compared: { ...nothing, sessions: 5 } }
    const left_out = [
      { because: 'compound', goals: ['pair'], before: null, rows: { conversions: 0, credits: 0 } },
      { because: 'reset_on_conversion', goals: null, before: null, rows: { credits: 2 } },
    ] as const
    expect(notJudged([{ ...judged, left_out }])).toEqual([
      { site: 'shop', facts: ['credits'], because: ['reset_on_conversion'] },
    ])
    expect(leftOutRows([{ ...judged, left_out }])).toEqual({ ...nothing, credits: 2 })
    expect(notJudged([{ ...judged, compared: { ...nothing, credits: 1 }, left_out }])).toEqual([])
    expect(notJudged([{ ...judged, compared: nothing, left_out: [] }])).toEqual([])
  })
})
