import { describe, expect, it } from '@jest/globals'
import { FoldRun } from '@cairn/testkit/domain'

const T = 1_700_000_000_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const GAP = 30 * MINUTE
const GRACE = 24 * HOUR

/** What a session's row says of its events, when there are none. */
const nothing = {
  user_id: '',
  events: 0,
  page_views: 0,
  entry_page: '',
  exit_page: '',
  referrer: '',
  channel: '',
  source: '',
  medium: '',
  campaign: '',
  term: '',
  content: '',
  click_id_name: '',
  click_id: '',
  device: '',
  country: '',
  is_bot: 0,
  is_new: 0,
  cart_stage: 'none',
  end_reason: '',
  moved_offsets: [],
  micro: 0,
  macro: 0,
}

describe('the row of a session', () => {
  const look = { name: 'look', kind: 'micro', match: { event: 'view_item' } }
  const buy = { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event' }
  const paid = { name: 'purchase', value_minor: 500, currency: 'EUR' }
  const tags = { source: 'letter', medium: 'email', campaign: 'may', term: 'oak', content: 'top' }
  const click = { click_id_name: 'gclid', click_id: 'g1' }
  const told = {
    user_id: 'ada',
    referrer: 'https://mail.example/x',
    ...tags,
    ...click,
    device: 'mobile',
    country: 'DE',
  }

  const fold = new FoldRun()
  fold.define(T, { goals: [look, buy] }, 7)
  const survivor = fold.event(T, { event_id: 'o', event_time: T + 50 * MINUTE }).labelled
  const id = fold.event(T, { event_id: 'a', name: 'page_view', path: '/in', ...told }).labelled
  fold.event(T, { event_id: 'b', event_time: T + 1, ...paid })
  fold.event(T, { event_id: 'c', event_time: T + 2, ...paid })
  fold.event(T, { event_id: 'd', event_time: T + 3, name: 'view_item', path: '/out' })
  const first = fold.flush(T).sessions.find((row) => row.session_id === id)
  fold.event(T, { event_id: 'e', event_time: T + 4, ...paid })
  const second = fold.flush(T).sessions
  const bridge = fold.event(T, { event_id: 'f', event_time: T + 25 * MINUTE }).sessions

  const owner = { session_id: id, site: 'shop', visitor_id: 'v1', id_time: T, definitions_number: 7 }
  const noGoals = {
    goal_names: [],
    goal_currencies: [],
    goal_macro: [],
    goal_converted: [],
    goal_counts: [],
    goal_values: [],
  }
  const noneBefore = {
    prev_counted: 0,
    prev_started_at: 0,
    prev_channel: '',
    prev_source: '',
    prev_medium: '',
    prev_campaign: '',
    prev_goal_names: [],
    prev_goal_currencies: [],
    prev_goal_macro: [],
    prev_goal_converted: [],
    prev_goal_counts: [],
    prev_goal_values: [],
  }
  const firstBefore = {
    prev_counted: 1,
    prev_started_at: T,
    prev_channel: 'Email',
    prev_source: 'letter',
    prev_medium: 'email',
    prev_campaign: 'may',
    prev_goal_names: ['buy', 'look'],
    prev_goal_currencies: ['EUR', ''],
    prev_goal_macro: [1, 0],
    prev_goal_converted: [1, 1],
    prev_goal_counts: [2, 1],
    prev_goal_values: [1_000, 0],
  }

  it('has all that its events tell', () => {
    expect(first).toEqual({
      ...owner,
      ...told,
      ...noneBefore,
      version: 6,
      is_deleted: 0,
      started_at: T,
      ended_at: T + 3,
      events: 4,
      page_views: 1,
      entry_page: '/in',
      exit_page: '/out',
      channel: 'Email',
      is_bot: 0,
      is_new: 1,
      cart_stage: 'purchase',
      state: 'open',
      end_reason: '',
      merged_into: null,
      moved_offsets: [],
      micro: 1,
      macro: 2,
      goal_names: ['buy', 'look'],
      goal_currencies: ['EUR', ''],
      goal_macro: [1, 0],
      goal_converted: [1, 1],
      goal_counts: [2, 1],
      goal_values: [1_000, 0],
      counted: 1,
    })
  })

  it('has beside it what its last row counted', () => {
    const more = { ended_at: T + 4, events: 5, macro: 3, goal_counts: [3, 1], goal_values: [1_500, 0] }
    expect(second).toEqual([{ ...first, ...more, ...firstBefore, version: 8 }])
  })

  it('that is merged away has nothing but where it went, and what its last row counted', () => {
    const counted = { ...firstBefore, prev_goal_counts: [3, 1], prev_goal_values: [1_500, 0] }
    const gone = { version: 9, is_deleted: 1, state: 'retracted', merged_into: survivor, counted: 0 }
    const times = { started_at: T, ended_at: T }
    expect(bridge).toEqual([{ ...nothing, ...owner, ...noGoals, ...times, ...gone, ...counted }])
  })
})

describe('a click id', () => {
  it('is that of the event that tells the source, by name and value', () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 'b', path: '/', click_id_name: 'gclid', click_id: 'g1' })
    fold.event(T, { event_id: 'c', path: '/', event_time: T + 1, click_id_name: 'msclkid', click_id: 'm1' })
    const { sessions } = fold.flush(T)
    expect(sessions).toMatchObject([{ source: 'google', click_id_name: 'gclid', click_id: 'g1' }])
    fold.event(T, { event_id: 'a', path: '/', event_time: T - 1, click_id_name: 'ttclid', click_id: 't1' })
    expect(fold.flush(T).sessions).toMatchObject([{ source: 'tiktok', click_id_name: 'ttclid', click_id: 't1' }])
  })
})

describe('is_new', () => {
  it("is the first session's, and restated when an earlier one comes late", () => {
    const fold = new FoldRun()
    const second = fold.event(T, { event_id: 'b' })
    const third = fold.event(T + HOUR, { event_id: 'c' })
    const rows = [...third.sessions, ...fold.flush(T + HOUR).sessions]
    expect(rows.map((row) => [row.session_id, row.is_new])).toEqual([
      [second.labelled, 1],
      [third.labelled, 0],
    ])
    const first = fold.event(T + HOUR, { event_id: 'a', event_time: T - HOUR })
    expect(fold.flush(T + HOUR).sessions).toMatchObject([
      { session_id: second.labelled, is_new: 0, state: 'closed' },
      { session_id: first.labelled, is_new: 1 },
    ])
  })

  it('is not taken back from a session that an earlier event extends', () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 'b' })
    fold.event(T, { event_id: 'a', event_time: T - MINUTE })
    expect(fold.flush(T).sessions).toMatchObject([{ started_at: T - MINUTE, is_new: 1 }])
  })

  it('is remembered as long as anything of the visitor is, and else not', () => {
    const join = { name: 'join', kind: 'micro', match: { event: 'sign_up' }, count: 'once_per_visitor' }
    for (const [goals, expected] of [
      [[join], 0],
      [[], 1],
    ] as const) {
      const fold = new FoldRun()
      fold.define(T, { goals })
      fold.event(T, { event_id: 'a', name: 'sign_up' })
      // Its session becomes history, which goes in the end, too.
      fold.tick(T + 10 * GRACE)
      fold.tick(T + 90 * GRACE)
      fold.event(T + 90 * GRACE, { event_id: 'b' })
      expect(fold.flush(T + 90 * GRACE).sessions).toMatchObject([{ is_new: expected }])
    }
  })

  it('asks nothing of other visitors and of server events', () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 's', event_time: T - HOUR, is_server: true })
    fold.event(T, { event_id: 'o', event_time: T - HOUR, visitor_id: 'v2' })
    fold.event(T, { event_id: 'a' })
    expect(fold.flush(T).sessions).toMatchObject([
      { visitor_id: 'v1', is_new: 1 },
      { visitor_id: 'v2', is_new: 1 },
    ])
  })
})

describe('cart_stage', () => {
  it.each([
    ['none', ['page_view', 'search', 'remove_from_cart']],
    ['product', ['view_item', 'page_view']],
    ['cart', ['add_to_cart', 'view_item']],
    ['cart', ['view_cart']],
    ['checkout', ['begin_checkout', 'add_to_cart']],
    ['checkout', ['checkout_step_viewed']],
    ['checkout', ['checkout_step_completed']],
    ['checkout', ['add_shipping_info']],
    ['payment', ['add_payment_info', 'begin_checkout']],
    ['purchase', ['purchase', 'view_item']],
  ])('is %s after %j: the highest', (stage, names) => {
    const fold = new FoldRun()
    for (const name of names) fold.event(T, { event_id: name, name })
    expect(fold.flush(T).sessions).toMatchObject([{ cart_stage: stage }])
  })

  it("is a server's to raise while its event is in the session", () => {
    const fold = new FoldRun()
    fold.event(T, { event_id: 'a', name: 'add_to_cart' })
    fold.event(T, { event_id: 's', name: 'purchase', is_server: true })
    expect(fold.flush(T).sessions).toMatchObject([{ cart_stage: 'purchase' }])
  })
})

describe('a late event', () => {
  it('gets a session of its own, and is flagged, when the one it belonged to is gone', () => {
    const after = T + GAP + GRACE + 2
    const fold = new FoldRun()
    const gone = fold.event(T, { event_id: 'a' })
    const late = fold.event(after, { event_id: 'b', event_time: T + 1 })
    expect(late).toMatchObject({ late: true, outcome: 'accepted' })
    expect(late.labelled).not.toBe(gone.labelled)
    const label = late.result.outputs.flatMap((output) => (output.kind === 'labelled' ? [output.label] : []))
    expect(label).toMatchObject([{ is_late: true }])
    expect(fold.flush(after).sessions).toMatchObject([{ session_id: late.labelled, started_at: T + 1, events: 1 }])
  })
})
