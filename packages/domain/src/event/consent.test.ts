import { describe, expect, it } from '@jest/globals'
import { consentOf } from './consent.ts'

describe('consent', () => {
  it('is unasked and keeps the event whole where a message does not speak of it', () => {
    expect(consentOf(undefined)).toEqual({ categories: {}, analytics: true })
    expect(consentOf(null)).toEqual({ categories: {}, analytics: true })
  })

  it("is read from Segment's category preferences", () => {
    const sent = { categoryPreferences: { Advertising: true, Analytics: false } }
    expect(consentOf(sent).categories).toEqual({ Advertising: 'granted', Analytics: 'denied' })
    expect(consentOf(sent).analytics).toBe(false)
  })

  it("is read from GA4's consent mode", () => {
    const sent = { ad_storage: 'denied', analytics_storage: 'granted' }
    expect(consentOf(sent)).toEqual({ categories: sent, analytics: true })
    expect(consentOf({ analytics_storage: 'denied' }).analytics).toBe(false)
  })

  it('to advertising is not consent to analytics, and its refusal does not take it away', () => {
    expect(consentOf({ categoryPreferences: { Advertising: false } }).analytics).toBe(true)
  })

  it('is not read from what is nested beside the categories', () => {
    const sent = { analytics_storage: 'granted', wait_for_update: { ms: 500 } }
    expect(consentOf(sent)).toEqual({ categories: { analytics_storage: 'granted' }, analytics: true })
  })

  it.each([
    ['text that is not an answer', { analytics_storage: 'maybe' }],
    ['null', { analytics_storage: null }],
    ['an object within a category', { categoryPreferences: { Analytics: { granted: true } } }],
    ['a list within a category', { analytics_storage: ['denied'] }],
    ['a list', []],
    ['a text', 'denied'],
    ['preferences that are no object', { categoryPreferences: 'all' }],
  ])('counts as refused where it is %s', (_what, sent) => {
    expect(consentOf(sent).analytics).toBe(false)
  })

  it('counts as refused where one of two answers to analytics is nested, and the other says yes', () => {
    const sent = { categoryPreferences: { Analytics: true }, analytics: { version: 2 } }
    expect(consentOf(sent)).toEqual({ categories: { Analytics: 'granted' }, analytics: false })
  })

  it('keeps a category called __proto__ like any other', () => {
    const sent = JSON.parse('{"categoryPreferences":{"__proto__":true}}') as unknown
    expect(Object.entries(consentOf(sent).categories)).toEqual([['__proto__', 'granted']])
  })
})
