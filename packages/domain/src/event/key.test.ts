import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { eventKey, isKeyOf, visitorOf } from './key.ts'

describe('the key of an event', () => {
  it('is its site and visitor', () => {
    expect(eventKey({ site: 'shop', visitor_id: 'v1', event_id: 'e1' })).toBe('shop:v1')
  })

  it('is its own id where nobody is known, so that a repetition of it comes to the same partition', () => {
    expect(eventKey({ site: 'shop', visitor_id: '', event_id: 'e1' })).toBe('shop:~e1')
  })

  it.each([
    ['~e1', 'shop:\\~e1'],
    ['\\~e1', 'shop:\\\\~e1'],
  ])('of visitor %s is none of an event without a visitor', (visitor_id, key) => {
    expect(eventKey({ site: 'shop', visitor_id, event_id: 'e2' })).toBe(key)
  })

  it('is shared only by events of one visitor, or one sessionless event', () => {
    const site = fc.constantFrom('a', 'b', 'a.b')
    const text = fc.string({ unit: fc.constantFrom('~', '\\', ':', 'a', 'b'), maxLength: 4 })
    const event = fc.record({ site, visitor_id: text, event_id: text })
    fc.assert(
      fc.property(event, event, (one, other) => {
        const whose = (e: typeof one) => [e.site, e.visitor_id, e.visitor_id === '' ? e.event_id : '']
        const same = JSON.stringify(whose(one)) === JSON.stringify(whose(other))
        expect([eventKey(one) === eventKey(other), isKeyOf(eventKey(other), one)]).toEqual([same, same])
      }),
      { numRuns: 20_000 },
    )
  })
})

describe('the visitor', () => {
  const nobody = { type: 'track', anonymousId: '', userId: '', previousId: '' }

  it('is the anonymous id, also of someone logged in', () => {
    expect(visitorOf({ ...nobody, anonymousId: 'a', userId: 'u' })).toBe('a')
  })

  it('is the user where there is no anonymous id', () => {
    expect(visitorOf({ ...nobody, userId: '42' })).toBe('u:42')
  })

  it('is nobody where neither is given', () => {
    expect(visitorOf(nobody)).toBe('')
  })

  it('of an alias is the anonymous id, else the former id, else the user', () => {
    const alias = { type: 'alias', anonymousId: 'a', userId: 'u', previousId: 'p' }
    expect(visitorOf(alias)).toBe('a')
    expect(visitorOf({ ...alias, anonymousId: '' })).toBe('p')
    expect(visitorOf({ ...alias, anonymousId: '', previousId: '' })).toBe('u:u')
  })

  it('of another call is not its former id', () => {
    expect(visitorOf({ ...nobody, previousId: 'p' })).toBe('')
  })
})
