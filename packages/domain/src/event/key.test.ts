import { describe, expect, it } from '@jest/globals'
import { eventKey, visitorOf } from './key.ts'

describe('the key of an event', () => {
  it('is its site and visitor', () => {
    expect(eventKey({ site: 'shop', visitor_id: 'v1', event_id: 'e1' })).toBe('shop:v1')
  })

  it('is its own id where nobody is known, so that a repetition of it comes to the same partition', () => {
    expect(eventKey({ site: 'shop', visitor_id: '', event_id: 'e1' })).toBe('shop:~e1')
  })
})

describe('the visitor', () => {
  it('is the anonymous id, also of someone logged in', () => {
    expect(visitorOf({ anonymousId: 'a', userId: 'u' })).toBe('a')
  })

  it('is the user where there is no anonymous id', () => {
    expect(visitorOf({ anonymousId: '', userId: '42' })).toBe('u:42')
  })

  it('is nobody where neither is given', () => {
    expect(visitorOf({ anonymousId: '', userId: '' })).toBe('')
  })
})
