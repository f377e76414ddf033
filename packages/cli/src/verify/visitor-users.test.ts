import { describe, expect, it } from '@jest/globals'
import { buildEvent } from '@cairn/testkit/domain'
import { VisitorUsers } from './visitor-users.ts'

describe('identified visitors, as the events say it', () => {
  const users = new VisitorUsers()
  const add = (visitor_id: string, user_id: string, event_time: number, more: object = {}) =>
    users.add(buildEvent({ event_id: 'e', site: 'shop', visitor_id, user_id, event_time, ...more }))
  const key = (visitor: string, user: string) => JSON.stringify(['shop', visitor, user])

  it('are a row for each visitor and user an event names together', () => {
    add('phone', 'ada', 2000)
    add('phone', 'ada', 1000)
    add('phone', 'bob', 3000)
    add('phone', '', 1)
    add('', 'eve', 1)
    add('phone', 'ada', 1, { is_bot: true })
    add('crawler', 'eve', 1, { is_bot: true })
    add('phone', 'bob', 3500, { is_bot: true, is_server: true })
    expect(Object.fromEntries(users.rows())).toEqual({
      [key('phone', 'ada')]: { first_seen: 1000, last_seen: 2000, events: 2 },
      [key('phone', 'bob')]: { first_seen: 3000, last_seen: 3500, events: 2 },
    })
  })

  it('are of an alias two, unless it names one twice; other calls name no former id', () => {
    add('desk', 'ada', 5000, { type: 'alias', previous_id: 'old' })
    add('desk', 'ada', 6000, { type: 'alias', previous_id: 'desk' })
    add('desk', 'ada', 7000, { type: 'track', previous_id: 'none' })
    expect(users.rows().get(key('old', 'ada'))).toEqual({ first_seen: 5000, last_seen: 5000, events: 1 })
    expect(users.rows().get(key('desk', 'ada'))).toEqual({ first_seen: 5000, last_seen: 7000, events: 3 })
    expect(users.rows().has(key('none', 'ada'))).toBe(false)
  })
})
