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
