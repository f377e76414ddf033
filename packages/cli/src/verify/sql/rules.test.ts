import { describe, expect, it } from '@jest/globals'
import { rulesBySite } from './rules.ts'

const order = { name: 'order', kind: 'macro', value: 'event', dedupe_by: 'order_id', match: { event: 'purchase' } }

function judged(...goals: readonly object[]) {
  return rulesBySite(JSON.stringify({ goals: [], sites: { shop: { goals } } }))('shop')
}

describe('the rules that SQL judges by', () => {
  it('tell of each goal how it counts, and whether the event says its value', () => {
    const fixed = { name: 'fixed', kind: 'micro', value: { amount: 1, currency: 'EUR' }, match: { event: 'login' } }
    expect(judged(order, { ...fixed, count: 'once_per_session' })).toMatchObject({
      ok: true,
      rules: {
        goals: [
          { name: 'order', isMacro: true, once: 'order', isEventValue: true },
          { name: 'fixed', isMacro: false, once: 'session', isEventValue: false },
        ],
      },
    })
  })

  it.each(['value', 'currency'])('do not judge orders that are matched by their %s, wherever it stands', (field) => {
    const match = { all: [{ event: 'purchase' }, { not: { fields: { [field]: 5 } } }] }
    expect(judged({ ...order, match })).toEqual({ ok: false, because: 'order_value_matched' })
    expect(judged({ ...order, dedupe_by: undefined, match })).toMatchObject({ ok: true })
    expect(rulesBySite(JSON.stringify({ goals: [{ ...order, match }] }))('any')).toMatchObject({ ok: false })
  })

  it.each(['coupon', 'order_id'])('judge orders that are matched by their %s', (field) => {
    expect(judged({ ...order, match: { event: 'purchase', fields: { [field]: 'x' } } })).toMatchObject({ ok: true })
  })
})
