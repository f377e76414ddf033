import { describe, expect, it } from '@jest/globals'
import { MAX_TOUCHES, pathOf, type Touchpoint } from './path.ts'
import { defaultAttributionRules } from './rules.ts'

const DAY = 86_400_000
const AT = 100 * DAY
const rules = { ...defaultAttributionRules, lookbackMs: 30 * DAY }

function touch(session_id: string, started_at: number, fields: Partial<Touchpoint> = {}): Touchpoint {
  const origin = { channel: 'Email', source: session_id, medium: 'email', campaign: '' }
  return { session_id, started_at, tie: '', ...origin, is_bot: false, ...fields }
}

const to = (session_id: string | null, previous: number | null = null) => ({ event_time: AT, session_id, previous })
const idsOf = ({ touches }: { touches: readonly Touchpoint[] }): string[] => touches.map((t) => t.session_id)

describe('the path of a conversion', () => {
  it('is oldest first and ends with the converting session', () => {
    const touchpoints = [touch('b', AT - 5), touch('later', AT - 1), touch('a', AT - 9), touch('own', AT - 3)]
    expect(idsOf(pathOf(touchpoints, to('own'), rules))).toEqual(['a', 'b', 'own'])
  })

  it('holds a touchpoint exactly as old as the lookback, and none a millisecond older', () => {
    const touchpoints = [touch('in', AT - 30 * DAY), touch('out', AT - 30 * DAY - 1), touch('own', AT)]
    expect(idsOf(pathOf(touchpoints, to('own'), rules))).toEqual(['in', 'own'])
  })

  it('has the converting session however long ago it started', () => {
    expect(idsOf(pathOf([touch('own', AT - 31 * DAY)], to('own'), rules))).toEqual(['own'])
  })

  it('of a conversion outside sessions is what started up to it', () => {
    const touchpoints = [touch('before', AT - 1), touch('at once', AT), touch('after', AT + 1)]
    expect(idsOf(pathOf(touchpoints, to(null), rules))).toEqual(['before', 'at once'])
    expect(pathOf([], to(null), rules)).toEqual({ touches: [], omitted: 0 })
  })

  it('goes on over earlier conversions unless they reset it', () => {
    const touchpoints = [touch('a', AT - 9), touch('b', AT - 5), touch('own', AT - 3)]
    expect(idsOf(pathOf(touchpoints, to('own', AT - 5), rules))).toEqual(['a', 'b', 'own'])
    const reset = { ...rules, resetOnConversion: true }
    expect(idsOf(pathOf(touchpoints, to('own', AT - 5), reset))).toEqual(['own'])
    expect(idsOf(pathOf(touchpoints, to('own', AT - 6), reset))).toEqual(['b', 'own'])
    // Converted twice in one session: the second conversion still came by it.
    expect(idsOf(pathOf(touchpoints, to('own', AT - 1), reset))).toEqual(['own'])
  })

  it('folds adjacent touchpoints of one origin into the last of them when told to', () => {
    const same = { channel: 'Email', source: 'letter', medium: 'email', campaign: 'spring' }
    const touchpoints = [
      touch('a', AT - 9, same),
      touch('b', AT - 8, same),
      touch('c', AT - 7, { ...same, campaign: 'summer' }),
      touch('own', AT - 6, same),
    ]
    expect(idsOf(pathOf(touchpoints, to('own'), rules))).toEqual(['a', 'b', 'c', 'own'])
    expect(idsOf(pathOf(touchpoints, to('own'), { ...rules, collapseRepeats: true }))).toEqual(['b', 'c', 'own'])
  })

  it("leaves a bot's sessions out, but for the converting one", () => {
    const touchpoints = [touch('a', AT - 9, { is_bot: true }), touch('own', AT - 6, { is_bot: true })]
    expect(idsOf(pathOf(touchpoints, to('own'), rules))).toEqual(['own'])
  })

  it('keeps the latest of too many and says how many it left out', () => {
    const touchpoints = Array.from({ length: MAX_TOUCHES + 3 }, (_, at) => touch(`s${at}`, AT - 1_000 + at))
    const path = pathOf(touchpoints, to(`s${MAX_TOUCHES + 2}`), rules)
    expect(path.omitted).toBe(3)
    expect(idsOf(path)).toHaveLength(MAX_TOUCHES)
    expect(idsOf(path)[0]).toBe('s3')
  })

  it('holds 32 KiB of what its touchpoints are named by, the oldest left out beyond that, and always the last', () => {
    const named = (id: string, at: number, size: number) =>
      touch(id, at, { channel: 'c', source: 's', medium: 'm', campaign: 'x'.repeat(size - 3) })
    const half = 16 * 1024
    const [a, b, c] = [named('a', AT - 3, half), named('b', AT - 2, half), named('c', AT - 1, half + 1)]
    expect(pathOf([a, b], to('b'), rules)).toEqual({ touches: [a, b], omitted: 0 })
    expect(pathOf([a, b, c], to('c'), rules)).toEqual({ touches: [c], omitted: 2 })
    const huge = named('own', AT, 3 * half)
    expect(pathOf([a, b, huge], to('own'), rules)).toEqual({ touches: [huge], omitted: 2 })
  })
})
