import { beforeEach, describe, expect, it } from '@jest/globals'
import { FoldRun, jsonVisitorCodec, Warehouse, type Stepped } from '@cairn/testkit/domain'
import { takeDirty, type StorefrontEvent } from '../index.ts'

const T = 1_790_000_000_000
const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

const goals = [
  { name: 'cart', kind: 'micro', match: { event: 'add_to_cart' }, count: 'every' },
  { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event' },
]

let fold: FoldRun
let warehouse: Warehouse

beforeEach(() => {
  fold = new FoldRun()
  warehouse = new Warehouse()
  kept(fold.define(T, { goals }))
})

function kept(stepped: Stepped): Stepped {
  warehouse.apply(stepped.result.outputs)
  return stepped
}

function send(after: number, event_id: string, name: string, more: Partial<StorefrontEvent> = {}): Stepped {
  return kept(fold.event(T + after, { event_id, name, ...more }))
}

/** User of each session, oldest first, and of each conversion by its event, once all is out. */
function users(after: number): { sessions: string[]; conversions: Record<string, string> } {
  kept(fold.flush(T + after))
  const sessions = warehouse.liveSessions().sort((a, b) => a.started_at - b.started_at)
  return {
    sessions: sessions.map(({ user_id }) => user_id),
    conversions: Object.fromEntries(warehouse.liveConversions().map(({ event_id, user_id }) => [event_id, user_id])),
  }
}

describe('a visitor who logs in', () => {
  it('in mid-checkout stays in one session, and the order which the shop’s server sends is the user’s', () => {
    const first = send(0, 'a', 'add_to_cart')
    const second = send(MINUTE, 'b', 'begin_checkout')
    const login = send(2 * MINUTE, 'c', 'identify', { type: 'identify', user_id: 'ada' })
    send(3 * MINUTE, 'd', 'page_view')
    send(4 * MINUTE, 'e', 'purchase', { is_server: true, order_id: 'o1', value_minor: 100, currency: 'EUR' })
    expect([second.labelled, login.labelled]).toEqual([first.labelled, first.labelled])
    expect(users(5 * MINUTE)).toEqual({ sessions: ['ada'], conversions: { a: '', e: 'ada' } })
  })

  it('is the user of later sessions, whose events name nobody', () => {
    send(0, 'a', 'page_view', { user_id: 'ada' })
    send(2 * HOUR, 'b', 'add_to_cart')
    send(4 * HOUR, 'c', 'add_to_cart')
    expect(users(5 * HOUR)).toEqual({ sessions: ['ada', 'ada', 'ada'], conversions: { b: 'ada', c: 'ada' } })
  })

  it('was nobody in an earlier session', () => {
    send(0, 'a', 'add_to_cart')
    send(2 * HOUR, 'b', 'add_to_cart', { user_id: 'ada' })
    expect(users(3 * HOUR)).toEqual({ sessions: ['', 'ada'], conversions: { a: '', b: 'ada' } })
  })

  it('is named by a server event too', () => {
    send(0, 'a', 'add_to_cart')
    send(MINUTE, 'b', 'login', { is_server: true, user_id: 'ada' })
    send(2 * MINUTE, 'c', 'add_to_cart')
    expect(users(3 * MINUTE)).toEqual({ sessions: ['ada'], conversions: { a: '', c: 'ada' } })
  })

  it('with a key of the user instead of the visitor is another visitor: that needs the anonymous id', () => {
    const first = send(0, 'a', 'add_to_cart')
    const login = send(MINUTE, 'b', 'page_view', { visitor_id: 'u:ada', user_id: 'ada' })
    expect(login.labelled).not.toBe(first.labelled)
    expect(users(2 * MINUTE)).toEqual({ sessions: ['', 'ada'], conversions: { a: '' } })
  })
})

describe('a visitor who is away', () => {
  beforeEach(() => {
    kept(fold.define(T, { session: { grace: '1h' }, goals: goals.slice(0, 1) }))
  })

  it('is known as long as anything is kept, by the last user alone', () => {
    send(0, 'a', 'page_view', { user_id: 'ada' })
    send(MINUTE, 'b', 'page_view', { user_id: 'bob' })
    for (let at = 1; at <= 4; at++) send(at * HOUR, `c${at}`, 'add_to_cart')
    expect(users(5 * HOUR).conversions).toEqual({ c1: 'bob', c2: 'bob', c3: 'bob', c4: 'bob' })
    const [state] = takeDirty(fold.partition).map(([, bytes]) => jsonVisitorCodec.decode(bytes!))
    expect(state?.users.map(({ value }) => value)).toEqual(['bob'])
  })

  it('comes back without a user once all is forgotten', () => {
    send(0, 'a', 'page_view', { user_id: 'ada' })
    const later = 40 * 24 * HOUR
    kept(fold.tick(T + 3 * HOUR))
    kept(fold.tick(T + later))
    send(later + HOUR, 'b', 'add_to_cart')
    expect(users(later + 2 * HOUR).conversions).toEqual({ b: '' })
  })
})

describe('two users of one device', () => {
  it('stay two: each has what was done until the other came', () => {
    send(0, 'a', 'add_to_cart', { user_id: 'ada' })
    send(MINUTE, 'b', 'add_to_cart')
    send(2 * MINUTE, 'c', 'identify', { user_id: 'bob' })
    send(3 * MINUTE, 'd', 'add_to_cart')
    expect(users(4 * MINUTE)).toEqual({ sessions: ['bob'], conversions: { a: 'ada', b: 'ada', d: 'bob' } })
  })
})

describe('a login that comes late', () => {
  it('restates sessions and conversions that are out, those in later sessions too', () => {
    send(10 * MINUTE, 'a', 'add_to_cart')
    send(2 * HOUR, 'b', 'add_to_cart')
    expect(users(3 * HOUR)).toEqual({ sessions: ['', ''], conversions: { a: '', b: '' } })
    const late = send(3 * HOUR, 'c', 'identify', { user_id: 'ada', event_time: T + 5 * MINUTE })
    expect(late.conversions.map(({ event_id, user_id }) => [event_id, user_id])).toEqual([
      ['a', 'ada'],
      ['b', 'ada'],
    ])
    expect(users(3 * HOUR + MINUTE)).toEqual({ sessions: ['ada', 'ada'], conversions: { a: 'ada', b: 'ada' } })
  })

  it('leaves alone what is before it, what names a user and what is after the next login', () => {
    send(0, 'a', 'add_to_cart')
    send(20 * MINUTE, 'b', 'add_to_cart', { user_id: 'bob' })
    send(30 * MINUTE, 'c', 'add_to_cart')
    const late = send(HOUR, 'd', 'identify', { user_id: 'ada', event_time: T + 10 * MINUTE })
    expect(late.conversions).toEqual([])
    const { sessions, conversions } = users(HOUR + MINUTE)
    expect([sessions, conversions]).toEqual([['bob'], { a: '', b: 'bob', c: 'bob' }])
  })

  it('makes no row of a session whose user stays: its numbers stand', () => {
    send(0, 'a', 'add_to_cart')
    send(2 * HOUR, 'b', 'page_view', { user_id: 'ada' })
    kept(fold.flush(T + 2 * HOUR + MINUTE))
    send(2 * HOUR + 2 * MINUTE, 'c', 'page_view', { user_id: 'ada' })
    const [first] = warehouse.liveSessions().sort((x, y) => x.started_at - y.started_at)
    const { sessions } = kept(fold.flush(T + 2 * HOUR + 3 * MINUTE))
    expect(sessions.map(({ session_id }) => session_id)).not.toContain(first?.session_id)
  })
})

describe('an alias', () => {
  const alias = { type: 'alias', user_id: 'ada', previous_id: 'v1' } as const

  it('names the visitor’s user from then on, and is in no session', () => {
    send(0, 'a', 'add_to_cart')
    const said = send(MINUTE, 'b', 'alias', alias)
    send(2 * MINUTE, 'c', 'add_to_cart')
    expect(said.labelled).toBeNull()
    expect(users(3 * MINUTE)).toEqual({ sessions: ['ada'], conversions: { a: '', c: 'ada' } })
    expect(warehouse.liveSessions()).toMatchObject([{ events: 2 }])
  })

  it('alone is no visit, and is remembered for the one to come', () => {
    send(0, 'a', 'alias', alias)
    expect(users(MINUTE)).toEqual({ sessions: [], conversions: {} })
    send(HOUR, 'b', 'add_to_cart')
    expect(users(2 * HOUR)).toEqual({ sessions: ['ada'], conversions: { b: 'ada' } })
  })

  it('joins no two sessions and holds none open', () => {
    send(0, 'a', 'add_to_cart')
    send(30 * MINUTE, 'b', 'alias', alias)
    send(31 * MINUTE, 'c', 'add_to_cart')
    expect(users(HOUR).sessions).toEqual(['', 'ada'])
    expect(warehouse.liveSessions().map(({ started_at, ended_at }) => ended_at - started_at)).toEqual([0, 0])
  })

  it('after the last event of a session leaves it as it was', () => {
    send(0, 'a', 'add_to_cart')
    send(1, 'b', 'alias', alias)
    expect(users(MINUTE)).toEqual({ sessions: [''], conversions: { a: '' } })
  })

  it('that comes late restates what came after it', () => {
    send(10 * MINUTE, 'a', 'add_to_cart')
    send(20 * MINUTE, 'b', 'purchase', { value_minor: 100, currency: 'EUR' })
    expect(users(HOUR)).toEqual({ sessions: [''], conversions: { a: '', b: '' } })
    const late = send(HOUR, 'c', 'alias', { ...alias, event_time: T + 15 * MINUTE })
    expect(late.conversions.map(({ event_id, user_id }) => [event_id, user_id])).toEqual([['b', 'ada']])
    expect(users(HOUR + MINUTE)).toEqual({ sessions: ['ada'], conversions: { a: '', b: 'ada' } })
  })

  it('of a server joins no session either', () => {
    send(0, 'a', 'add_to_cart')
    const said = send(MINUTE, 'b', 'alias', { ...alias, is_server: true })
    expect(said.labelled).toBeNull()
    send(2 * MINUTE, 'c', 'add_to_cart')
    expect(users(3 * MINUTE)).toEqual({ sessions: ['ada'], conversions: { a: '', c: 'ada' } })
  })

  it('counts for a goal that it matches, in no session', () => {
    kept(fold.define(T, { goals: [{ name: 'merge', kind: 'micro', match: { event: 'alias' }, count: 'every' }] }))
    send(0, 'a', 'page_view')
    const { conversions } = send(MINUTE, 'b', 'alias', alias)
    expect(conversions).toMatchObject([{ goal: 'merge', session_id: null, user_id: 'ada' }])
  })
})
