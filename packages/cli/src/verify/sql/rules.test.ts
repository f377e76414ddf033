import { describe, expect, it } from '@jest/globals'
import { rulesBySite, type SiteRules } from './rules.ts'

const order = { name: 'order', kind: 'macro', value: 'event', dedupe_by: 'order_id', match: { event: 'purchase' } }
const fixed = { name: 'fixed', kind: 'micro', value: { amount: 1, currency: 'EUR' }, match: { event: 'login' } }

/** The rules of site shop, of whose events some were labelled under each of the given definitions. */
function over(...versions: readonly object[]): SiteRules {
  const history = versions.map((version, number) => ({ number, json: JSON.stringify({ goals: [], ...version }) }))
  return rulesBySite(history)('shop', [...history.keys()])
}

function leftOut(...versions: readonly object[]) {
  const found = over(...versions)
  if (!found.ok) throw new Error(found.because)
  return found.rules.leftOut.map(({ because, goals, before }) => [because, goals, before])
}

const shop = (...goals: readonly object[]) => ({ sites: { shop: { goals } } })

describe('the rules that SQL judges by', () => {
  it('tell of each goal how it counts, and whether the event says its value', () => {
    expect(over(shop(order, { ...fixed, count: 'once_per_session' }))).toMatchObject({
      ok: true,
      rules: {
        goals: [
          { name: 'order', isMacro: true, once: 'order', isEventValue: true },
          { name: 'fixed', isMacro: false, once: 'session', isEventValue: false },
        ],
        leftOut: [],
      },
    })
  })

  it('tell which goals were macro ones under any definitions, also where they judge none of them', () => {
    const match = { event: 'purchase', fields: { value: 5 } }
    const parts = ['search', 'login'].map((event) => ({ match: { event } }))
    const both = { name: 'both', kind: 'macro', compound: { all: parts } }
    const rules = over(shop({ ...fixed, kind: 'macro' }, both), shop({ ...order, match }, fixed), shop(fixed, both))
    expect(rules).toMatchObject({ rules: { macros: { matched: ['fixed', 'order'], compound: ['both'] } } })
    expect(over(shop(fixed))).toMatchObject({ rules: { macros: { matched: [], compound: [] } } })
  })

  it.each(['value', 'currency', 'coupon'])(
    'do not judge orders that are matched by their %s, wherever it stands',
    (field) => {
      const match = { all: [{ event: 'purchase' }, { not: { fields: { [field]: 5 } } }] }
      const unjudged = [['order_value_matched', ['order'], null]]
      expect(leftOut(shop({ ...order, match }, fixed))).toEqual(unjudged)
      expect(leftOut({ goals: [{ ...order, match }] })).toEqual(unjudged)
      expect(leftOut(shop({ ...order, dedupe_by: undefined, match }))).toEqual([])
    },
  )

  it('judge orders that are matched by their id', () => {
    expect(leftOut(shop({ ...order, match: { event: 'purchase', fields: { order_id: 'x' } } }))).toEqual([])
  })

  it('judge all where nothing changed that they know of, and what changed at another site', () => {
    const channels = [{ name: 'Friends', match: { medium: 'friend' } }]
    expect(leftOut(shop(order), { ...shop(order), own_domains: ['pay.example'], channels })).toEqual([])
    expect(leftOut(shop(order), { ...shop(order), session: { time_zone: 'Europe/Berlin' } })).toEqual([])
    const other = { sites: { ...shop(order).sites, other: { session: { gap: '5m' }, goals: [fixed] } } }
    expect(leftOut(shop(order), other)).toEqual([])
  })

  it('judge a goal of single events whole that came, went or matches otherwise', () => {
    const match = { event: 'search' }
    expect(leftOut(shop(), shop(fixed), shop({ ...fixed, match }), shop())).toEqual([])
    expect(leftOut(shop(fixed), shop({ ...fixed, value: { amount: 2, currency: 'EUR' } }))).toEqual([])
  })

  it.each([{ count: 'once_per_session' }, { kind: 'macro' }, { value: 'event' }])(
    'judge one that counts otherwise since it does so last: %j',
    (change) => {
      const other = { ...fixed, ...change }
      const changed = [['goal_changed', ['fixed'], 3]]
      expect(leftOut(shop(fixed), shop(other), shop(fixed), shop(other), shop(other))).toEqual(changed)
      expect(leftOut(shop(fixed), shop(), shop(fixed), shop(other), shop())).toEqual(changed)
    },
  )

  it('judge orders since their goal is as it is, for verdicts come later than events', () => {
    expect(leftOut(shop(order), shop({ ...order, name: 'order' }))).toEqual([])
    expect(leftOut(shop(), shop(order), shop(order))).toEqual([['goal_changed', ['order'], 1]])
    expect(leftOut(shop(order), shop(), shop(order))).toEqual([['goal_changed', ['order'], 2]])
    expect(leftOut(shop(order), shop({ ...order, value: fixed.value }))).toEqual([['goal_changed', ['order'], 1]])
    expect(leftOut(shop(order), shop())).toEqual([['order_goal_removed', ['order'], null]])
  })

  it('judge of another gap, or another bound, only who was not there before, and nothing of it twice', () => {
    for (const session of [{ gap: '5m' }, { grace: '2h' }, { max_events: 5 }, { cut_at_midnight: true }])
      expect(leftOut(shop(order), { ...shop(order), session })).toEqual([['session_rules_changed', null, 1]])
    const changed = { session: { gap: '5m' }, attribution: { lookback: '1d' } }
    expect(leftOut(shop(), { ...shop(order), ...changed })).toEqual([['session_rules_changed', null, 1]])
    expect(leftOut({ session: { gap: '5m' } }, shop(), shop(order))).toEqual([
      ['session_rules_changed', null, 1],
      ['goal_changed', ['order'], 2],
    ])
  })

  it('judge credits of another lookback only of who was not there before, and none of paths they do not know', () => {
    const lookback = { attribution: { lookback: '1d' } }
    expect(leftOut({}, lookback, lookback)).toEqual([['attribution_rules_changed', null, 1]])
    expect(leftOut({}, { attribution: { half_life: '1d' } })).toEqual([])
    expect(leftOut({ attribution: { reset_on_conversion: true } })).toEqual([['reset_on_conversion', null, null]])
    expect(leftOut({}, { attribution: { collapse_repeats: true } })).toEqual([['collapse_repeats', null, null]])
    expect(leftOut({ attribution: { collapse_repeats: true } }, {})).toEqual([['attribution_rules_changed', null, 1]])
  })

  it('do not look at what was changed before the first event of the site', () => {
    const history = [{ session: { gap: '5m' } }, {}, {}].map((version, number) => {
      return { number, json: JSON.stringify({ goals: [], ...version }) }
    })
    expect(rulesBySite(history)('shop', [1, 2])).toMatchObject({ ok: true, rules: { leftOut: [] } })
    expect(rulesBySite(history)('shop', [0])).toMatchObject({ ok: true, rules: { leftOut: [{ before: 1 }] } })
    expect(rulesBySite(history)('shop', [-1])).toMatchObject({ ok: true, rules: { leftOut: [{ before: 1 }] } })
  })

  it('pass by definitions that the fold refused, and know no others than those that were deployed', () => {
    const refused = { number: 1, json: '{"goals":"none"}' }
    const history = [{ number: 0, json: '{"goals":[]}' }, refused, { number: 2, json: 'no JSON' }]
    expect(rulesBySite(history)('shop', [0])).toMatchObject({ ok: true, rules: { leftOut: [] } })
    for (const number of [1, 3])
      expect(rulesBySite(history)('shop', [0, number])).toEqual({ ok: false, because: 'unknown_definitions' })
  })

  it('judge nothing of a site whose campaigns cut, and all of one whose campaigns did, since they do not', () => {
    const cut = { session: { cut_on_campaign: true } }
    expect(over({}, cut)).toEqual({ ok: false, because: 'cut_on_campaign' })
    expect(leftOut(cut, {})).toEqual([['session_rules_changed', null, 1]])
  })
})
