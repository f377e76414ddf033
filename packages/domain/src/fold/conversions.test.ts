import { describe, expect, it } from '@jest/globals'
import { FoldRun, type Stepped } from '@cairn/testkit/domain'

const T = 1_700_000_000_000
const MINUTE = 60_000
const GAP = 30 * MINUTE
const GRACE = 24 * 60 * MINUTE
const DAY = GRACE

const buy = { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' }
const look = { name: 'look', kind: 'micro', class: 'process', match: { event: 'view_item' }, count: 'once_per_session' }
const join = { name: 'join', kind: 'micro', match: { event: 'sign_up' }, count: 'once_per_visitor' }

function foldWith(...goals: unknown[]): FoldRun {
  const fold = new FoldRun()
  fold.define(T, { goals })
  return fold
}

/** Conversion rows as `+event` and `-event`. */
function changes({ conversions }: Stepped): string[] {
  return conversions.map((row) => `${row.is_deleted === 1 ? '-' : '+'}${row.event_id}`)
}

describe('a conversion', () => {
  it('goes out in the step of its event, with its session and where that came from', () => {
    const fold = foldWith({ ...buy, dedupe_by: undefined })
    fold.event(T, { event_id: 'a', path: '/', source: 'letter', medium: 'email', campaign: 'may' })
    const order = { order_id: 'o1', value_minor: 1_000, currency: 'EUR', coupon: 'X', user_id: 'u' }
    const properties = { promotion_id: 'may' }
    const bought = fold.event(T + 1, { event_id: 'b', name: 'purchase', properties, ...order })
    expect(bought.goals).toEqual(['buy'])
    expect(bought.conversions).toEqual([
      {
        conversion_id: expect.any(String),
        version: 2,
        is_deleted: 0,
        reason: 'conversion',
        site: 'shop',
        visitor_id: 'v1',
        session_id: bought.labelled,
        goal: 'buy',
        kind: 'macro',
        class: '',
        event_id: 'b',
        event_name: 'purchase',
        event_time: T + 1,
        channel: 'Email',
        source: 'letter',
        medium: 'email',
        campaign: 'may',
        is_bot: 0,
        definitions_number: 0,
        promotion: 'may',
        order_status: '',
        refunded_minor: 0,
        is_order_value: false,
        ...order,
      },
    ])
  })

  it('says with each of its rows why that was written', () => {
    const fold = foldWith({ ...buy, dedupe_by: undefined }, { ...look, count: 'once_per_visitor' })
    const reasons = ({ conversions }: Stepped) => conversions.map(({ event_id, reason }) => `${event_id} ${reason}`)
    expect(reasons(fold.event(T, { event_id: 'b', name: 'purchase' }))).toEqual(['b conversion'])
    const earlier = { event_id: 'a', event_time: T - 1, path: '/', source: 'letter', medium: 'email' }
    expect(reasons(fold.event(T, earlier))).toEqual(['b session'])
    expect(reasons(fold.event(T, { event_id: 'u', event_time: T - 2, user_id: 'ada' }))).toEqual(['b user'])
    expect(reasons(fold.event(T, { event_id: 'v', name: 'view_item' }))).toEqual(['v conversion'])
    const first = { event_id: 'w', event_time: T - 1, name: 'view_item' }
    expect(reasons(fold.event(T, first))).toEqual(['v conversion', 'w conversion'])
  })

  it('says why one counts no more: an earlier event does, or its session is another', () => {
    const goals = [look, { ...buy, dedupe_by: undefined, count: 'once_per_session' }]
    for (const rules of [{}, { cut_on_campaign: true }]) {
      const fold = new FoldRun()
      fold.define(T, { goals, session: rules })
      const at = (minute: number, name: string) => {
        const { conversions, credits } = fold.event(T + 60 * MINUTE, {
          event_id: `${name} ${minute}`,
          event_time: T + minute * MINUTE,
          name,
        })
        return [...conversions, ...credits].filter((row) => row.is_deleted === 1).map((row) => row.reason)
      }
      expect([at(2, 'purchase'), at(1, 'purchase')]).toEqual([[], ['conversion', 'conversion']])
      expect([at(50, 'purchase'), at(50, 'view_item'), at(27, 'page_view')]).toEqual([[], [], ['session', 'session']])
    }
  })

  it('is restated when its session turns out to have come from elsewhere', () => {
    const fold = foldWith(buy)
    fold.event(T + MINUTE, { event_id: 'a', name: 'purchase' })
    const earlier = fold.event(T + MINUTE, { event_id: 'b', event_time: T, path: '/', source: 'x', medium: 'email' })
    expect(earlier.conversions).toMatchObject([{ event_id: 'a', source: 'x', channel: 'Email', version: 2 }])
    expect(fold.event(T + MINUTE, { event_id: 'c', path: '/' }).conversions).toEqual([])
  })

  it('is restated when its session moves into another', () => {
    const fold = foldWith(buy)
    const first = fold.event(T, { event_id: 'a' })
    const { conversions } = fold.event(T, { event_id: 'b', name: 'purchase', event_time: T + 50 * MINUTE })
    const merged = fold.event(T, { event_id: 'c', event_time: T + 25 * MINUTE })
    expect(merged.conversions).toEqual([
      { ...conversions[0], version: 3, session_id: first.labelled, reason: 'session' },
    ])
  })

  it("is restated as a bot's when its session turns out to be one", () => {
    const fold = foldWith(buy)
    fold.event(T, { event_id: 'a', name: 'purchase' })
    expect(fold.event(T, { event_id: 'b', is_bot: true }).conversions).toMatchObject([{ event_id: 'a', is_bot: 1 }])
  })

  it('of a server or visitorless event counts without a session', () => {
    const fold = foldWith(buy, look)
    const server = fold.event(T, { event_id: 'a', name: 'purchase', is_server: true })
    expect(server.conversions).toMatchObject([{ session_id: null, visitor_id: 'v1', channel: '', source: '' }])
    const nobody = [1, 2].map((n) => fold.event(T, { event_id: `n${n}`, name: 'view_item', visitor_id: '' }))
    expect(nobody.map(changes)).toEqual([['+n1'], ['+n2']])
  })
})

describe('once per session', () => {
  it('counts the earliest event, and restates when an earlier one comes later', () => {
    const fold = foldWith(look)
    expect(changes(fold.event(T, { event_id: 'b', name: 'view_item' }))).toEqual(['+b'])
    expect(changes(fold.event(T, { event_id: 'c', name: 'view_item' }))).toEqual([])
    expect(changes(fold.event(T, { event_id: 'a', name: 'view_item' }))).toEqual(['-b', '+a'])
    expect(fold.flush(T).sessions).toMatchObject([{ micro: 1, goal_names: ['look'], goal_counts: [1] }])
  })

  it('leaves one of two when sessions merge', () => {
    const fold = foldWith(look)
    fold.event(T, { event_id: 'late', name: 'view_item', event_time: T + 50 * MINUTE })
    fold.event(T, { event_id: 'early', name: 'view_item' })
    const merged = fold.event(T, { event_id: 'x', event_time: T + 25 * MINUTE })
    expect(changes(merged)).toEqual(['-late', '+early'])
    expect(merged.conversions[1]).toMatchObject({ session_id: merged.labelled })
  })

  it('withdraws what the merging event itself displaces', () => {
    const fold = foldWith({ ...look, match: { event: ['view_item', 'search'] } })
    fold.event(T, { event_id: 'b', name: 'view_item', event_time: T + 50 * MINUTE })
    fold.event(T, { event_id: 'a', event_time: T })
    const merged = fold.event(T, { event_id: 'x', event_time: T + 25 * MINUTE, name: 'search' })
    expect(changes(merged)).toEqual(['-b', '+x'])
  })
})

describe('once per visitor', () => {
  it('counts the earliest event of all sessions, and corrects the session that loses it', () => {
    const fold = foldWith(join)
    const later = fold.event(T + 3 * GAP, { event_id: 'b', name: 'sign_up' })
    fold.flush(T + 3 * GAP)
    const earlier = fold.event(T + 3 * GAP, { event_id: 'a', name: 'sign_up', event_time: T })
    expect(changes(earlier)).toEqual(['-b', '+a'])
    expect(fold.flush(T + 3 * GAP).sessions).toMatchObject([
      { session_id: later.labelled, micro: 0, prev_goal_names: ['join'] },
      { session_id: earlier.labelled, micro: 1 },
    ])
  })

  it('is final once its session is forgotten', () => {
    const fold = foldWith(join)
    fold.event(T, { event_id: 'b', name: 'sign_up' })
    const after = T + GAP + GRACE + 1
    expect(changes(fold.event(after, { event_id: 'a', name: 'sign_up', event_time: T - MINUTE }))).toEqual([])
    expect(changes(fold.event(after, { event_id: 'c', name: 'sign_up' }))).toEqual([])
  })

  it('can be displaced while it is sessionless for gap and grace, then is final', () => {
    for (const [after, expected] of [
      [GAP + GRACE, ['-b', '+a']],
      [GAP + GRACE + 1, []],
    ] as const) {
      const fold = foldWith(join)
      fold.event(T, { event_id: 'b', name: 'sign_up', is_server: true })
      expect(changes(fold.event(T + after, { event_id: 'a', name: 'sign_up', event_time: T - 1 }))).toEqual(expected)
    }
  })

  it('counts again 180 days after it was last met', () => {
    const fold = foldWith(join)
    fold.event(T, { event_id: 'a', name: 'sign_up' })
    expect(changes(fold.event(T + 180 * DAY, { event_id: 'b', name: 'sign_up' }))).toEqual([])
    expect(changes(fold.event(T + 360 * DAY, { event_id: 'c', name: 'sign_up' }))).toEqual([])
    fold.tick(T + 540 * DAY + 1)
    expect(changes(fold.event(T + 540 * DAY + 1, { event_id: 'd', name: 'sign_up' }))).toEqual(['+d'])
  })
})

describe('once per order id, where no verdict says what an order comes to', () => {
  it('counts an order id once, whatever sends it twice, and events without one each', () => {
    const fold = foldWith({ ...buy, match: { event: 'renew' } })
    const sent = ['o1', 'o1', 'o2', '', ''].map((order_id, at) =>
      changes(fold.event(T + at, { event_id: `e${at}`, name: 'renew', order_id })),
    )
    expect(sent).toEqual([['+e0'], [], ['+e2'], ['+e3'], ['+e4']])
  })

  it('keeps the earlier of browser and server', () => {
    const fold = foldWith({ ...buy, match: { event: 'renew' } })
    fold.event(T, { event_id: 'server', name: 'renew', order_id: 'o', is_server: true })
    const browser = { event_id: 'browser', name: 'renew', order_id: 'o', event_time: T - 1 }
    expect(changes(fold.event(T, browser))).toEqual(['-server', '+browser'])
  })
})

describe('what a session counts', () => {
  it('is one entry a goal and currency, converted on the first of each goal', () => {
    const fold = foldWith({ ...buy, dedupe_by: undefined }, look)
    const purchase = { name: 'purchase', value_minor: 100 }
    fold.event(T, { event_id: 'a', ...purchase, currency: 'USD' })
    fold.event(T, { event_id: 'b', ...purchase, currency: 'EUR' })
    fold.event(T, { event_id: 'c', ...purchase, currency: 'USD' })
    fold.event(T, { event_id: 'd', name: 'view_item' })
    expect(fold.flush(T).sessions).toMatchObject([
      {
        micro: 1,
        macro: 3,
        goal_names: ['buy', 'buy', 'look'],
        goal_currencies: ['EUR', 'USD', ''],
        goal_macro: [1, 1, 0],
        goal_converted: [1, 0, 1],
        goal_counts: [1, 2, 1],
        goal_values: [100, 200, 0],
      },
    ])
  })

  it('leaves negative intent out', () => {
    const fold = foldWith({ name: 'job', kind: 'negative', match: { path: { prefix: '/jobs' } } })
    const visited = fold.event(T, { event_id: 'a', path: '/jobs/1' })
    expect(visited.conversions).toMatchObject([{ goal: 'job', kind: 'negative' }])
    expect(fold.flush(T).sessions).toMatchObject([{ micro: 0, macro: 0, goal_names: [] }])
  })
})
