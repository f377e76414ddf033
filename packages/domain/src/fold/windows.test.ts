import { describe, expect, it } from '@jest/globals'
import { FoldRun, jsonVisitorCodec, type Stepped } from '@cairn/testkit/domain'
import { goalOf } from '../conversion/match.ts'
import type { VisitorState } from '../index.ts'
import { takeDirty } from '../index.ts'

const T = 1_700_000_000_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const GAP = 30 * MINUTE
const GRACE = DAY
/** By then a session of one event is let go, and nothing of it comes late any more. */
const LET_GO = GAP + GRACE + 1

const view = { event: 'view_item' }
const search = { event: 'search' }
const threeViews = { name: 'three', kind: 'micro', compound: { all: [{ match: view, times: 3 }], within: '7d' } }
const found = { ...threeViews, compound: { sequence: [{ match: search }, { match: view }], within: '7d' } }
const compared = { ...threeViews, compound: { all: [{ match: search }, { match: view }], within: '7d' } }

/** Events that come when they happen, so long after T, or later. */
class Shop {
  readonly fold = new FoldRun()

  constructor(goals: readonly unknown[], session: object = {}) {
    this.fold.define(T, { session, goals })
  }

  at(after: number, name: string, event_id: string, fields: object = {}): Stepped {
    const event = { event_id, name, event_time: T + after, ...fields }
    return this.fold.event(Math.max(T + after, this.fold.partition.streamTime), event)
  }

  view(after: number, id: string, fields: object = {}): string[] {
    return changes(this.at(after, 'view_item', id, fields))
  }

  search(after: number, id: string, fields: object = {}): string[] {
    return changes(this.at(after, 'search', id, fields))
  }

  /** The visitor as saved, null where it is forgotten; undefined where it is as it was saved last. */
  get saved(): VisitorState | null | undefined {
    const [[, bytes] = []] = takeDirty(this.fold.partition)
    return bytes === undefined || bytes === null ? bytes : jsonVisitorCodec.decode(bytes)
  }
}

/** Conversion rows as `+event` and `-event`. */
function changes({ conversions }: Stepped): string[] {
  return conversions.map((row) => `${row.is_deleted === 1 ? '-' : '+'}${row.event_id}`)
}

function idsOf(matches: VisitorState['past_matches'] | undefined): string[] | undefined {
  return matches?.map(({ event_id }) => event_id)
}

describe('a compound goal within a window', () => {
  it('is completed by events of several sessions, some of them let go; the conversion is in the session of the last', () => {
    const shop = new Shop([threeViews])
    expect([shop.view(0, 'a'), shop.view(2 * DAY, 'b')]).toEqual([[], []])
    const last = shop.at(4 * DAY, 'view_item', 'c')
    expect(last.conversions).toMatchObject([{ goal: 'three', event_id: 'c', session_id: last.labelled, is_deleted: 0 }])
    expect(shop.fold.flush(T + 4 * DAY).sessions).toMatchObject([{ micro: 1, session_id: last.labelled }])
  })

  it('takes what is less than the window before its last event, and nothing that is exactly so long before', () => {
    for (const [first, made] of [
      [0, []],
      [1, ['+c']],
    ] as const) {
      const shop = new Shop([threeViews])
      shop.view(first, 'a')
      shop.view(DAY, 'b')
      expect(shop.view(7 * DAY, 'c')).toEqual(made)
    }
  })

  it('counts once in each session that completes it: what has counted counts again', () => {
    const shop = new Shop([threeViews])
    expect(['a', 'b', 'c', 'd'].flatMap((id, at) => shop.view(at, id))).toEqual(['+c'])
    expect([shop.view(DAY, 'e'), shop.view(DAY + 1, 'f')]).toEqual([['+e'], []])
    expect(shop.view(7 * DAY + 3, 'g')).toEqual(['+g'])
    // By now three of the window are not there any more.
    expect([shop.view(15 * DAY, 'h'), shop.view(15 * DAY + 1, 'i'), shop.view(15 * DAY + 2, 'j')]).toEqual([
      [],
      [],
      ['+j'],
    ])
  })

  it('takes the parts of a sequence in order over sessions, and is completed by its last part only', () => {
    const shop = new Shop([found])
    expect(shop.view(0, 'a')).toEqual([])
    expect(shop.search(2 * DAY, 'b')).toEqual([])
    expect(shop.view(4 * DAY, 'c')).toEqual(['+c'])
    expect(shop.search(6 * DAY, 'd')).toEqual([])
    expect(shop.view(8 * DAY, 'e')).toEqual(['+e'])
  })

  it('is completed in a later session by an event that comes late in an earlier one', () => {
    const shop = new Shop([threeViews])
    shop.view(0, 'a')
    const later = shop.at(HOUR, 'view_item', 'c')
    shop.view(HOUR + 2, 'd')
    expect(shop.view(HOUR + 3, 'e')).toEqual([])
    const late = shop.at(1, 'view_item', 'b')
    expect(changes(late)).toEqual(['-d', '+c'])
    expect(late.conversions[1]).toMatchObject({ session_id: later.labelled, is_deleted: 0 })
    expect(shop.fold.flush(T + DAY).sessions).toMatchObject([{ micro: 0 }, { micro: 1 }])
  })

  it('leaves the conversions of sessions that were let go as they are', () => {
    const shop = new Shop([threeViews])
    for (const id of ['a', 'b', 'c']) shop.view(0, id)
    shop.fold.tick(T + LET_GO)
    expect(shop.view(-1, 'late')).toEqual([])
    expect(shop.view(LET_GO, 'd')).toEqual(['+d'])
  })

  it('counts once a visitor where it says so: the earliest, which moves while its session can be corrected', () => {
    const shop = new Shop([{ ...threeViews, count: 'once_per_visitor' }])
    shop.view(0, 'a')
    shop.view(HOUR, 'b')
    expect([shop.view(2 * HOUR, 'd'), shop.view(4 * HOUR, 'e')]).toEqual([['+d'], []])
    expect(shop.view(HOUR + 1, 'c')).toEqual(['-d', '+c'])
    expect(shop.view(3 * DAY, 'f')).toEqual([])
  })

  it('is completed by server events in sessions, also of one that was let go, and not by those in none', () => {
    const server = { is_server: true }
    const shop = new Shop([compared])
    shop.search(0, 'x', server)
    shop.fold.tick(T + LET_GO)
    expect(shop.view(2 * DAY, 'a')).toEqual([])
    expect(shop.search(2 * DAY, 'y', server)).toEqual(['+y'])
    shop.fold.tick(T + 2 * DAY + LET_GO)
    expect(shop.view(4 * DAY, 'b')).toEqual(['+b'])
  })

  it('goes on in the part that a campaign that comes late splits off', () => {
    const shop = new Shop([threeViews], { cut_on_campaign: true })
    for (const minute of [1, 3, 5]) shop.view(minute * MINUTE, `v${minute}`)
    const split = shop.at(2 * MINUTE, 'page_view', 'x', { campaign: 'may' })
    expect(changes(split)).toEqual(['+v5'])
    expect(split.conversions[0]?.reason).toBe('session')
    expect(shop.view(0, 'v0')).toEqual(['-v5', '+v3'])
  })

  it('does not add up with what matched within another window', () => {
    const shop = new Shop([threeViews])
    for (const id of ['a', 'b']) shop.view(0, id)
    shop.fold.define(T, { goals: [{ ...threeViews, compound: { ...threeViews.compound, within: '8d' } }] })
    expect([shop.view(1, 'c'), shop.view(2, 'd'), shop.view(3, 'e')]).toEqual([[], [], ['+e']])
  })

  it('counts once a session also where it was one within the session before: the earlier of both', () => {
    const within = (text: string) => ({ ...threeViews, compound: { ...threeViews.compound, within: text } })
    const shop = new Shop([within('session')])
    expect(['a', 'b', 'c'].flatMap((id) => shop.view(5, id))).toEqual(['+c'])
    shop.fold.define(T, { goals: [within('1d')] })
    expect([shop.view(7, 'd'), shop.view(8, 'e'), shop.view(9, 'f')]).toEqual([[], [], []])
    expect([shop.view(1, 'g'), shop.view(2, 'h'), shop.view(3, 'i')]).toEqual([[], [], ['-c', '+i']])
  })
})

describe('what is kept for windows', () => {
  it('is, once a session has completed the goal, what did so and the latest that later sessions may need', () => {
    const shop = new Shop([threeViews])
    for (let at = 0; at < 20; at++) shop.view(at, `v${at}`)
    // Those that nothing needs go once there are three times as many as the goal asks for.
    const kept = ['v0', 'v1', 'v2', 'v15', 'v16', 'v17', 'v18', 'v19']
    expect(idsOf(shop.saved?.sessions[0]?.matches)).toEqual(kept)
  })

  it('is what completed the goal, however much came before it and whatever comes after it', () => {
    const cart = { event: 'add_to_cart' }
    const all = [search, view, cart].map((match) => ({ match }))
    const shop = new Shop([{ ...threeViews, compound: { all, within: '7d' } }])
    shop.search(0, 's')
    for (let at = 1; at < 150; at++) shop.view(at, `v${at}`)
    expect(changes(shop.at(150, 'add_to_cart', 'c'))).toEqual(['+c'])
    expect([shop.search(151, 't'), shop.view(152, 'v')]).toEqual([[], []])
  })

  it('is all where a campaign may split the session', () => {
    const shop = new Shop([threeViews], { cut_on_campaign: true })
    for (let minute = 1; minute < 8; minute++) shop.view(minute * MINUTE, `v${minute}`)
    expect(changes(shop.at(3.5 * MINUTE, 'page_view', 'x', { campaign: 'may' }))).toEqual(['+v4'])
  })

  it('is all where clients have sessions side by side', () => {
    const dense = { ...threeViews, compound: { ...threeViews.compound, within: '3m' } }
    const shop = new Shop([dense], { client_session: 'trust' })
    const view = (minute: number, client_session_id: string) =>
      shop.view(minute * MINUTE, `v${minute}`, { client_session_id })
    for (let minute = 1; minute < 10; minute++) view(minute, 'one')
    expect(view(5.5, 'other')).toEqual(['+v5.5'])
  })

  it('is the latest hundred of a session that has not', () => {
    const shop = new Shop([compared])
    for (let at = 0; at < 150; at++) shop.view(at, `v${at}`)
    // And one that a search before it makes complete.
    expect(shop.saved?.sessions[0]?.matches).toHaveLength(101)
    expect(shop.search(-1, 's')).toEqual(['+v49'])
  })

  it('is, once its session is let go, of each part the latest', () => {
    const shop = new Shop([threeViews, { ...found, name: 'found' }, { ...compared, name: 'compared' }])
    for (const [at, id] of ['a', 'b', 'c', 'd', 'e'].entries()) shop.view(at, id)
    for (const [at, id] of ['x', 'y'].entries()) shop.search(5 + at, id)
    shop.fold.tick(T + LET_GO + 10)
    const { past_matches = [], known_goals = [] } = shop.saved ?? {}
    const nameOf = (goal: number) => known_goals.find(({ id }) => id === goal)?.goal
    const kept = past_matches.flatMap(({ goals, event_id }) =>
      goals.map((matched) => `${nameOf(goalOf(matched))} ${event_id}`),
    )
    expect(kept).toEqual(['three c', 'three d', 'three e', 'compared e', 'found y', 'compared y'])
  })

  it('is all that an event of a session which is still there may need', () => {
    const shop = new Shop([threeViews])
    shop.at(0, 'page_view', 'p')
    for (let at = 0; at < 5; at++) shop.view(HOUR + at, `v${at}`)
    // The first session is touched late, and outlives the second.
    shop.fold.event(T + 20 * HOUR, { event_id: 'q', event_time: T + 1 })
    shop.fold.tick(T + HOUR + 4 + LET_GO)
    expect(idsOf(shop.saved?.past_matches)).toEqual(['v0', 'v1', 'v2', 'v3', 'v4'])
    shop.fold.tick(T + 20 * HOUR + LET_GO)
    expect(idsOf(shop.saved?.past_matches)).toEqual(['v2', 'v3', 'v4'])
  })

  it('is forgotten when nothing can need it any more, and with it a visitor kept for nothing else', () => {
    const until = 30 * DAY + GAP + GRACE
    const shop = new Shop([{ ...threeViews, compound: { ...threeViews.compound, within: '30d' } }])
    // A bot's session leaves no touchpoint.
    shop.view(0, 'a', { is_bot: true })
    shop.fold.tick(T + until - 1)
    expect(idsOf(shop.saved?.past_matches)).toEqual(['a'])
    shop.fold.tick(T + until)
    expect(shop.saved).toBeNull()
  })

  it('is bounded in bytes, the oldest goes first', () => {
    const many = { ...threeViews, compound: { all: [{ match: view, times: 100 }], within: '30d' } }
    const shop = new Shop(Array.from({ length: 3 }, (_, at) => ({ ...many, name: `goal ${at}` })))
    for (let at = 0; at < 100; at++) shop.view(at, `v${String(at).padStart(800, '0')}`)
    shop.fold.tick(T + 100 + LET_GO)
    const kept = shop.saved?.past_matches ?? []
    expect(JSON.stringify(kept).length).toBeGreaterThan(64 * 1024)
    expect(kept.length).toBeLessThan(100)
    expect(kept.at(-1)?.event_id).toMatch(/99$/)
  })

  it.each([
    ['in time', [3, 4, 5]],
    ['late', [3, 5, 4]],
  ])('of a sequence has its beginning though its middle comes %s, after the goal was completed', (_, order) => {
    const way = { sequence: [{ match: search }, { match: view }, { match: { event: 'add_to_cart' } }], within: '7d' }
    const shop = new Shop([{ ...threeViews, compound: way }])
    const names = ['search', 'view_item', 'add_to_cart', 'search', 'view_item', 'search']
    for (const minute of [0, 1, 2, ...order]) shop.at(minute * MINUTE, names[minute] ?? '', `e${minute}`)
    expect(changes(shop.at(7 * DAY + MINUTE, 'add_to_cart', 'end'))).toEqual(['+end'])
  })

  it('stays where a server event has completed the goal, however many come after', () => {
    const shop = new Shop([found])
    shop.search(0, 's')
    expect(shop.view(1_000, 'by server', { is_server: true })).toEqual(['+by server'])
    const later = Array.from({ length: 120 }, (_, at) => shop.search(2_000 + at, `s${at}`))
    later.push(shop.view(3_000, 'again', { is_server: true }), shop.search(4_000, 'end'))
    expect(later.flat()).toEqual([])
  })

  it('is asked for no more often, by all goals together, than a visitor keeps', () => {
    const goals = [90, 90, 90, 31].map((times, at) => {
      return { name: `goal ${at}`, kind: 'micro', compound: { all: [{ match: view, times }], within: '7d' } }
    })
    const detail = 'goals: goals within windows ask for 301 matches, of which 300 can be kept'
    expect(new FoldRun().refused(T, { goals }).result.outputs).toMatchObject([{ kind: 'dead-letter', detail }])
  })

  it('is nothing for goals within the session', () => {
    const { name, kind, compound } = threeViews
    const shop = new Shop([{ name, kind, compound: { all: compound.all } }])
    for (const [at, id] of ['a', 'b', 'c'].entries()) shop.view(at, id)
    shop.fold.tick(T + LET_GO + 10)
    expect(shop.saved?.past_matches).toEqual([])
  })
})
