import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it, jest } from '@jest/globals'
import { shopEvents } from '../../packages/cli/src/demo/shop-events/messages.ts'
import { fold, type Folded } from './folded.ts'
import {
  added,
  publishedSessions,
  totalOf,
  webSessionDifferences,
  type FoundSession,
  type SessionCounts,
} from './shop-events.published.ts'

jest.setTimeout(60_000)

const folderOfSets = mkdtempSync(join(tmpdir(), 'cairn-sets-'))
afterAll(() => rmSync(folderOfSets, { recursive: true }))

const root = resolve(import.meta.dirname, '..', '..')
const folder = join(resolve(root, process.env['CAIRN_DATA'] ?? '../shared/data'), 'shop-events')
const isThere = existsSync(folder)
if (!isThere) console.warn(`skipped: ${folder} is not there; CAIRN_DATA names the folder that holds shop-events`)

const messages = isThere ? shopEvents(folder) : []
const receivedAt = Date.parse('2023-01-01T00:00:00Z')

type Member = Folded['events'][number]

function bySession(events: readonly Member[]): Map<string, Member[]> {
  const sessions = new Map<string, Member[]>()
  for (const member of events) sessions.set(member.sessionId, [...(sessions.get(member.sessionId) ?? []), member])
  return sessions
}

function clientSessions(members: readonly Member[]): string[] {
  return [...new Set(members.map(({ event }) => event.client_session_id))]
}

/** Counts of each session the fold made, by the client's id of that session. */
function countsBySession({ events, conversions }: Folded): [string, SessionCounts][] {
  return [...bySession(events)].map(([sessionId, members]) => {
    const count = (...names: string[]) => members.filter(({ event }) => names.includes(event.name)).length
    const orders = conversions.filter((row) => row.session_id === sessionId && row.goal === 'purchase')
    const counts = {
      views: count('view_item', 'view_item_list'),
      additions: count('add_to_cart'),
      removals: count('remove_from_cart'),
      checkoutSteps: count('checkout_step_viewed'),
      transactions: orders.length,
      revenue: added(orders.map((row) => ({ [row.currency]: Number(row.value_minor) / 100 }))),
    }
    return [clientSessions(members).join(), counts]
  })
}

function foundSession(members: readonly Member[]): FoundSession {
  const collected = members.map(({ event }) => Date.parse(event.properties['collector_tstamp'] ?? ''))
  return {
    eventIds: members.map(({ event }) => event.event_id),
    firstCollectedAt: Math.min(...collected),
    lastCollectedAt: Math.max(...collected),
  }
}

const viewed = ['view_item', 'view_item_list']

/** A file of definitions with a set of three views and an addition. */
function withSet(within = 'session'): string {
  const file = join(folderOfSets, `set-${within}.yaml`)
  const parts = [{ match: { event: viewed }, times: 3 }, { match: { event: 'add_to_cart' } }]
  const goals = [{ name: 'considered', kind: 'micro', compound: { all: parts, within } }]
  writeFileSync(file, JSON.stringify({ session: { client_session: 'trust' }, goals }))
  return file
}

/** Of each session the first event before which, itself among them, its visitor viewed thrice and added within a week. */
function consideredInAWeek(events: readonly Member[]): string[] {
  const sorted = events.toSorted(
    ({ event: a }, { event: b }) => a.event_time - b.event_time || (a.event_id < b.event_id ? -1 : 1),
  )
  const first = new Map<string, string>()
  for (const [at, { event, sessionId }] of sorted.entries()) {
    const week = sorted.slice(0, at + 1).filter(({ event: { visitor_id, event_time } }) => {
      return visitor_id === event.visitor_id && event_time > event.event_time - 7 * 86_400_000
    })
    const count = (names: readonly string[]) => week.filter(({ event: { name } }) => names.includes(name)).length
    const isPart = [...viewed, 'add_to_cart'].includes(event.name)
    if (isPart && !first.has(sessionId) && count(viewed) >= 3 && count(['add_to_cart']) >= 1)
      first.set(sessionId, event.event_id)
  }
  return [...first.values()].sort()
}

const arrivals = [
  { order: 'the order of the collector', arrange: () => messages },
  { order: 'the opposite order', arrange: () => messages.toReversed() },
]

;(isThere ? describe : describe.skip)('storefront events of a real tracker', () => {
  it('are the 832 events of two apps, of which none is refused', async () => {
    expect((await fold(messages, 'real', receivedAt)).events).toHaveLength(832)
  })

  it.each(arrivals)(
    'trusting the client, count per session what is published, arriving in $order',
    async ({ arrange }) => {
      const counted = countsBySession(await fold(arrange(), 'real', receivedAt))
      const published = [...publishedSessions(folder)].map(([id, { counts }]) => [id, counts] as const)
      expect(counted).toHaveLength(published.length)
      expect(Object.fromEntries(counted)).toEqual(Object.fromEntries(published))
      expect(totalOf(counted.map(([, counts]) => counts))).toEqual({
        views: 279,
        additions: 38,
        removals: 15,
        checkoutSteps: 38,
        transactions: 14,
        revenue: { EUR: 1_234_863.89, USD: 231_231 },
      })
    },
  )

  it.each(arrivals)(
    'reach a set of views and an addition in the sessions of which so many are published, arriving in $order',
    async ({ arrange }) => {
      const { events, conversions } = await fold(arrange(), 'real', receivedAt, withSet())
      const sessions = bySession(events)
      const reached = conversions.map(({ session_id }) => clientSessions(sessions.get(session_id ?? '') ?? []).join())
      const published = [...publishedSessions(folder)].filter(
        ([, { counts }]) => counts.views >= 3 && counts.additions >= 1,
      )
      expect(published.length).toBeGreaterThan(10)
      expect(reached.sort()).toEqual(published.map(([id]) => id).sort())
    },
  )

  it.each(arrivals)(
    'reach that set within a week in more sessions, at the events that counting by hand gives, arriving in $order',
    async ({ arrange }) => {
      const { events, conversions } = await fold(arrange(), 'real', receivedAt, withSet('7d'))
      expect(conversions.map(({ event_id }) => event_id).sort()).toEqual(consideredInAWeek(events))
      const inOne = await fold(messages, 'real', receivedAt, withSet())
      expect(conversions.length).toBeGreaterThan(inOne.conversions.length)
    },
  )

  it.each(arrivals)(
    'by the gap rule alone, make the 62 published web sessions, arriving in $order',
    async ({ arrange }) => {
      const { events } = await fold(arrange(), 'demo', receivedAt)
      const web = events.filter(({ event }) => event.properties['app_id'] === 'ecom-accel')
      const sessions = [...bySession(web).values()]
      expect(sessions).toHaveLength(62)
      expect(webSessionDifferences(folder, sessions.map(foundSession))).toEqual([])
      // The published tables show half of the events; the client's session ids tell of the others.
      for (const members of sessions) expect(clientSessions(members)).toHaveLength(1)
      expect(new Set(web.map(({ event }) => event.client_session_id)).size).toBe(62)
    },
  )
})
