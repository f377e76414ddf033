import { describe, expect, it } from '@jest/globals'
import { buildEvent, FoldRun } from '@cairn/testkit/domain'

const T = 1_700_000_000_000
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

const buy = { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' }

describe('an order that is decided when its sessions are forgotten, where the client names them', () => {
  const decided = (purchase: {
    readonly client_session_id: string
    readonly minute: number
    readonly is_server: boolean
  }) => {
    // prettier-ignore
    const { client_session_id, minute, is_server } = purchase
    const fold = new FoldRun()
    fold.define(T, { session: { client_session: 'trust' }, goals: [buy] })
    const name = (labelled: unknown): string => Object.entries(ids).find(([, id]) => id === labelled)?.[0] ?? 'none'
    const at = (minute: number, event_id: string, client_session_id: string) =>
      fold.event(T + minute * MINUTE, { event_id, client_session_id, path: '/' }).labelled
    // The tab of `one` stays open while `two` and one without a name begin and end.
    const ids = { one: at(0, 'a', 'one'), two: at(2, 'b', 'two'), unnamed: at(3, 'c', '') }
    at(6, 'd', 'one')
    const event = buildEvent({ event_id: 'p', name: 'purchase', order_id: 'o', event_time: T + minute * MINUTE, client_session_id, is_server }) // prettier-ignore
    fold.tick(T + 3 * DAY)
    return name(fold.verdict(T + 3 * DAY, event, {}).conversions[0]?.session_id)
  }

  it.each([
    ['one', 4, false, 'one'],
    ['two', 4, false, 'two'],
    ['', 4, false, 'unnamed'],
    ['other', 4, false, 'none'],
    ['one', 4, true, 'one'],
    // A server's word is taken whenever it says that its event happened, as while the session stood.
    ['two', 90, true, 'two'],
    ['', 4, true, 'unnamed'],
  ])(
    'goes to the one it names: "%s" at minute %d, of a server: %s',
    (client_session_id, minute, is_server, session) => {
      expect(decided({ client_session_id, minute, is_server })).toBe(session)
    },
  )
})

const HOUR = 60 * MINUTE
/** 2024-05-02 begins here. */
const MIDNIGHT = Date.UTC(2024, 4, 2)
const refunded = { order_offset: 2, number: 2, status: 'partly_refunded', refunded_minor: 100 } as const

describe('an order that a server sends for a visitor whose session is forgotten', () => {
  /** Ann looks around an hour and ten minutes before midnight; a server names her `minute` minutes after it. */
  const sentAt = (minute: number, session: Record<string, unknown>) => {
    const fold = new FoldRun()
    fold.define(MIDNIGHT - HOUR, { session, goals: [buy] })
    const { labelled } = fold.event(MIDNIGHT - HOUR, { event_id: 'a', path: '/', source: 'letter', medium: 'email' })
    fold.event(MIDNIGHT - 35 * MINUTE, { event_id: 'b', path: '/' })
    fold.event(MIDNIGHT - 10 * MINUTE, { event_id: 'c', path: '/' })
    const event = buildEvent({ event_id: 'p', name: 'purchase', order_id: 'o', event_time: MIDNIGHT + minute * MINUTE, value_minor: 1_000, currency: 'EUR', is_server: true }) // prettier-ignore
    return { fold, event, labelled }
  }
  const cutting = { cut_at_midnight: true, time_zone: 'UTC' }

  it.each([
    [-1, 'own'],
    [0, null],
    [10, null],
  ])('is in no session of the day before: decided late, a purchase at minute %d is in %s', (minute, session) => {
    const { fold, event, labelled } = sentAt(minute, cutting)
    fold.tick(MIDNIGHT + 3 * DAY)
    const [placed] = fold.verdict(MIDNIGHT + 3 * DAY, event, {}).conversions
    expect(placed?.session_id === labelled ? 'own' : placed?.session_id).toBe(session)
  })

  it.each([
    ['of the day before', 10, cutting, cutting],
    ['that only a longer gap would reach to', 30, { gap: '30m' }, { gap: '1h' }],
  ])('and waits for one of its own is not moved by a refund into one %s', (_, minute, session, later) => {
    const { fold, event } = sentAt(minute, session)
    const [placed] = fold.verdict(event.event_time, event, {}).conversions
    expect(placed?.session_id).toBeNull()
    fold.define(MIDNIGHT, { session: later, goals: [buy] })
    const between = MIDNIGHT - 10 * MINUTE + 24.5 * HOUR + 1
    fold.tick(between)
    const { conversions } = fold.verdict(between, event, refunded)
    const { conversion_id } = placed!
    expect(conversions).toMatchObject([{ conversion_id, session_id: null, is_deleted: 0, value_minor: 900 }])
  })
})

describe('orders of servers that wait for a session, more than are kept', () => {
  it('stay as they are when they give way to another', () => {
    const fold = new FoldRun()
    fold.define(T, { goals: [buy] })
    const decide = (at: number) => {
      const event = buildEvent({ event_id: `p${at}`, name: 'purchase', order_id: `o${at}`, event_time: T, value_minor: 1_000, currency: 'EUR', is_server: true }) // prettier-ignore
      return fold.verdict(T + at, event, {}).conversions.map((row) => [row.event_id, row.is_deleted])
    }
    for (let at = 0; at < 300; at++) expect(decide(at)).toEqual([[`p${at}`, 0]])
  })
})
