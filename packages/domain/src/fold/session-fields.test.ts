import { describe, expect, it } from '@jest/globals'
import { FoldRun } from '@cairn/testkit/domain'

const T = 1_700_000_000_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const GAP = 30 * MINUTE
const GRACE = 24 * HOUR

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
