import { describe, expect, it } from '@jest/globals'
import { rulesBySite } from './rules.ts'
import { conversionDifferences, creditDifferences, isJudged } from './statements.ts'
import { sqlText } from './verify-sql.ts'

const part = (event: string) => ({ match: { event } })
const compound = (name: string) => ({ name, kind: 'macro', compound: { all: [part('search'), part('purchase')] } })
const buy = { name: 'buy', kind: 'macro', ...part('purchase') }

function rulesOf(...goals: unknown[]) {
  const found = rulesBySite(JSON.stringify({ goals }))('shop')
  if (!found.ok) throw new Error(found.because)
  return found.rules
}

describe('verify --sql', () => {
  it('leaves the rows of compound goals out, and of no others', () => {
    const rules = rulesOf(buy, compound('pair'), compound("it's"))
    expect(rules.goals.map(({ name }) => name)).toEqual(['buy'])
    expect(isJudged('credits', rules)).toBe("site = {site:String} AND goal NOT IN ('pair', 'it\\'s')")
    for (const statement of [conversionDifferences(rules), creditDifferences(rules)])
      expect(statement).toContain(isJudged('credits', rules))
    expect(isJudged('sessions', rules)).toBe('site = {site:String}')
    expect(isJudged('conversions', rulesOf(buy))).toBe('site = {site:String}')
  })

  it('names them', () => {
    const compared = { sessions: 3, conversions: 2, credits: 1 }
    const judged = { site: 'shop', because: null, compared, differences: [] }
    const text = 'site shop, from its events by SQL: 3 sessions, 2 conversions, 1 credits; 0 differences'
    expect(sqlText([{ ...judged, left_out: [] }])).toBe(`${text}\n`)
    expect(sqlText([{ ...judged, left_out: ['pair', 'reader'] }])).toBe(
      `${text} (not judged, as they are compound: pair, reader)\n`,
    )
  })
})
