import { describe, expect, it } from '@jest/globals'
import { FoldRun, Warehouse, type Stepped } from '@cairn/testkit/domain'
import type { StorefrontEvent } from '../index.ts'

const T = 1_700_000_000_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE

const look = { name: 'look', kind: 'micro', match: { event: 'view_item' }, count: 'once_per_session' }
const letter = { source: 'letter', medium: 'email', campaign: 'may' }

/** A fold with all its outputs in a warehouse. */
class Shop {
  readonly fold = new FoldRun()
  readonly warehouse = new Warehouse()

  constructor(session: Record<string, unknown> = {}, goals: readonly unknown[] = []) {
    this.fold.define(T, { session: { cut_on_campaign: true, ...session }, goals })
  }

  at(minute: number, event_id: string, fields: Partial<StorefrontEvent> = {}): Stepped {
    return this.take(this.fold.event(T, { event_id, event_time: T + minute * MINUTE, ...fields }))
  }

  flush(at = T): Stepped {
    return this.take(this.fold.flush(at))
  }

  /** The sessions as they stand, in order: the offsets of their events. */
  get events(): number[][] {
    const rows = this.warehouse.liveSessions().sort((a, b) => a.started_at - b.started_at)
    const offsets = [...this.warehouse.labels.keys()]
    return rows.map((row) => offsets.filter((offset) => this.warehouse.sessionOf(offset) === row.session_id))
  }

  private take(stepped: Stepped): Stepped {
    this.warehouse.apply(stepped.result.outputs)
    return stepped
  }
}

function ids(...steps: readonly Stepped[]): (string | null | undefined)[] {
  return steps.map(({ labelled }) => labelled)
}

describe('cut_on_campaign', () => {
  it('begins a session with another campaign, and none with the same, without one or with another referrer', () => {
    const shop = new Shop()
    const first = shop.at(0, 'a', letter)
    const same = [
      shop.at(1, 'b', letter),
      shop.at(2, 'c', { path: '/' }),
      shop.at(3, 'd', { referrer: 'https://google.com/', referrer_host: 'google.com' }),
      shop.at(4, 'e', { click_id_name: 'fbclid' }),
    ]
    expect(ids(...same)).toEqual(Array(4).fill(first.labelled))
    const next = shop.at(5, 'f', { ...letter, campaign: 'june' })
    expect(next.labelled).not.toBe(first.labelled)
    expect(shop.at(6, 'g').labelled).toBe(next.labelled)
    shop.flush(T + HOUR)
    expect(shop.warehouse.liveSessions()).toMatchObject([
      { campaign: 'may', events: 5, end_reason: 'campaign' },
      { campaign: 'june', events: 2, end_reason: 'gap' },
    ])
  })

  it('takes an ad click for a campaign, the same one whatever its id', () => {
    const shop = new Shop()
    const plain = shop.at(0, 'a', { path: '/' })
    const click = shop.at(1, 'b', { click_id_name: 'gclid', click_id: '1' })
    const again = shop.at(2, 'c', { click_id_name: 'gclid', click_id: '2' })
    const tagged = shop.at(3, 'd', { click_id_name: 'gclid', source: 'google', medium: 'cpc' })
    const other = shop.at(4, 'e', { click_id_name: 'msclkid' })
    expect(click.labelled).not.toBe(plain.labelled)
    expect(ids(again, tagged)).toEqual([click.labelled, click.labelled])
    expect(other.labelled).not.toBe(click.labelled)
  })

  it('splits a session by a late event: the part with the first-arrived event keeps the id', () => {
    const shop = new Shop({}, [look])
    const before = shop.at(0, 'a', { path: '/a', name: 'view_item' })
    shop.at(20, 'c', { path: '/c', name: 'view_item', device: 'mobile' })
    shop.at(30, 'd', { path: '/d', user_id: 'u' })
    shop.flush()
    const late = shop.at(10, 'b', letter)
    expect(late.labelled).not.toBe(before.labelled)
    expect(late.conversions).toMatchObject([{ event_id: 'c', session_id: late.labelled, channel: 'Email' }])
    shop.flush()
    expect(shop.events).toEqual([[1], [5, 2, 3].sort()])
    expect(shop.warehouse.liveSessions()).toMatchObject([
      { session_id: before.labelled, ended_at: T, exit_page: '/a', events: 1, micro: 1, user_id: '', device: '' },
      { session_id: late.labelled, started_at: T + 10 * MINUTE, events: 3, micro: 1, user_id: 'u', device: 'mobile' },
    ])
    expect(shop.warehouse.liveSessions()[1]?.moved_offsets).toEqual([2, 3])
    expect(shop.warehouse.rollUp).toEqual(shop.warehouse.recomputedRollUp())
  })

  it('gives the later part the id where its event arrived first, and the earlier one a new one', () => {
    const shop = new Shop()
    const first = shop.at(20, 'c')
    const earlier = shop.at(0, 'a')
    const late = shop.at(10, 'b', letter)
    expect(ids(earlier, late)).toEqual([first.labelled, first.labelled])
    shop.flush()
    expect(shop.events).toEqual([[2], [1, 3]])
    expect(shop.warehouse.liveSessions().map(({ session_id }) => session_id)).toContain(first.labelled)
  })

  it('merges what an earlier event with the same campaign shows to be one', () => {
    const shop = new Shop()
    const plain = shop.at(10, 'b')
    const tagged = shop.at(20, 'c', letter)
    shop.flush()
    const late = shop.at(0, 'a', letter)
    expect(late.labelled).toBe(plain.labelled)
    expect(late.sessions).toMatchObject([{ session_id: tagged.labelled, merged_into: plain.labelled, prev_counted: 1 }])
    shop.flush()
    expect(shop.events).toEqual([[1, 2, 4]])
  })

  it('never uses an id again when sessions merge, split and merge', () => {
    const shop = new Shop()
    shop.at(10, 'b')
    const tagged = shop.at(20, 'c', letter)
    shop.at(0, 'a', letter)
    const apart = shop.at(15, 'd', { ...letter, campaign: 'june' })
    shop.flush()
    expect(shop.events).toEqual([[3, 1], [4], [2]].map((offsets) => offsets.sort()))
    expect(shop.warehouse.liveSessions().map(({ session_id }) => session_id)).not.toContain(tagged.labelled)
    expect(apart.sessions).toEqual([])
    shop.at(16, 'e', letter)
    shop.flush()
    expect(shop.events).toEqual([[1, 3], [4], [2, 6]])
  })

  it('moves server events with their part, and counts once in each', () => {
    const shop = new Shop({}, [look])
    shop.at(0, 'a', { name: 'view_item' })
    shop.at(20, 'c', { name: 'view_item' })
    const server = shop.at(25, 's', { is_server: true, name: 'view_item' })
    expect(server.conversions).toEqual([])
    const late = shop.at(15, 'b', letter)
    expect(late.conversions).toMatchObject([{ event_id: 'c', session_id: late.labelled, is_deleted: 0 }])
    shop.flush()
    expect(shop.events).toEqual([[1], [2, 3, 4]])
  })

  it('goes on with sessions that were begun before, as they were', () => {
    const fold = new FoldRun()
    const first = fold.event(T, { event_id: 'a' })
    fold.define(T, { session: { cut_on_campaign: true }, goals: [] })
    expect(fold.event(T, { event_id: 'b', ...letter }).labelled).toBe(first.labelled)
    const second = fold.event(T + HOUR, { event_id: 'c' })
    fold.define(T + HOUR, { goals: [] })
    expect(fold.event(T + HOUR, { event_id: 'd', ...letter }).labelled).toBe(second.labelled)
    fold.define(T + HOUR, { session: { cut_on_campaign: true }, goals: [] })
    expect(fold.event(T + HOUR, { event_id: 'e', ...letter, campaign: 'x' }).labelled).toBe(second.labelled)
  })

  it('keeps to the limits: what is too long or too many begins another session', () => {
    const long = new Shop({ max_duration: '40m' })
    const [a, b, c] = [long.at(0, 'a'), long.at(20, 'b'), long.at(41, 'c')]
    expect(b.labelled).toBe(a.labelled)
    expect(c.labelled).not.toBe(a.labelled)
    const many = new Shop({ max_events: 2 })
    const [d, e, f, g] = [many.at(0, 'd'), many.at(1, 'e'), many.at(2, 'f'), many.at(3, 'g')]
    expect(ids(e, f, g)).toEqual([d.labelled, f.labelled, f.labelled])
    many.flush(T + HOUR)
    expect(many.warehouse.liveSessions().map((row) => row.end_reason)).toEqual(['cap', 'gap'])
  })

  it('puts what a full session refuses into no session before it, and merges none across it', () => {
    const shop = new Shop({ max_events: 3 })
    shop.at(0, 'a', letter)
    shop.at(1, 'b', { ...letter, campaign: 'june' })
    shop.at(2, 'c')
    shop.at(3, 'd')
    const refused = shop.at(4, 'e')
    expect(refused.labelled).not.toBe(shop.warehouse.sessionOf(1))
    shop.at(5, 'f', { event_time: T + MINUTE / 2 })
    shop.flush(T + HOUR)
    expect(shop.events).toEqual([[1, 6], [2, 3, 4], [5]])
    const ends = shop.warehouse.liveSessions().sort((one, other) => one.started_at - other.started_at)
    expect(ends.map((row) => row.end_reason)).toEqual(['campaign', 'cap', 'gap'])
  })

  it('says of a full session before that of another campaign no more than that the campaign ended it', () => {
    const shop = new Shop({ max_events: 2 })
    shop.at(0, 'a')
    shop.at(1, 'b')
    shop.at(2, 'c', letter)
    shop.at(3, 'd')
    shop.flush(T + HOUR)
    expect(shop.warehouse.liveSessions().map((row) => row.end_reason)).toEqual(['campaign', 'gap'])
  })

  it('ends for its limit only the session that refused an event, and that one can still take what it has room for', () => {
    const shop = new Shop({ max_duration: '40m' })
    shop.at(0, 'a', letter)
    const full = shop.at(5, 'b', { ...letter, campaign: 'june' })
    shop.at(25, 'c')
    shop.at(45, 'd')
    shop.at(46, 'f')
    shop.flush(T + 2 * HOUR)
    const ends = () => shop.warehouse.liveSessions().sort((one, other) => one.started_at - other.started_at)
    expect(ends().map((row) => row.end_reason)).toEqual(['campaign', 'cap', 'gap'])
    expect(shop.at(30, 'e').labelled).toBe(full.labelled)
    shop.at(3, 'g')
    shop.flush(T + 4 * HOUR)
    expect(shop.events).toEqual([[1, 8], [2, 3, 4, 7], [5]])
    expect(ends().map((row) => row.end_reason)).toEqual(['campaign', 'cap', 'gap'])
  })

  it('puts a late event that a session has no room for into the next, as if it had come in order', () => {
    const shop = new Shop({ max_duration: '40m' })
    for (const [at, minute] of [0, 20, 40, 60, 80, 45].entries()) shop.at(minute, `e${at}`)
    shop.flush()
    expect(shop.events).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ])
  })

  it('puts an event between two that do not fit together with it into the earlier, and says that the later was full', () => {
    const shop = new Shop({ max_duration: '40m' })
    for (const [at, minute] of [0, 41, 11].entries()) shop.at(minute, `e${at}`)
    shop.flush(T + 2 * HOUR)
    expect(shop.events).toEqual([[1, 3], [2]])
    const ends = shop.warehouse.liveSessions().sort((one, other) => one.started_at - other.started_at)
    expect(ends.map((row) => row.end_reason)).toEqual(['gap', 'cap'])
  })

  it('ends a session for the full one behind it, and for its campaign where that carries another', () => {
    const endsBefore = (name: string) => {
      const shop = new Shop({ max_events: 2 })
      shop.at(5, 'a', { ...letter, campaign: name })
      shop.at(6, 'b')
      shop.at(0, 'c', letter)
      shop.flush(T + HOUR)
      const ends = shop.warehouse.liveSessions().sort((one, other) => one.started_at - other.started_at)
      return ends.map((row) => row.end_reason)
    }
    expect(endsBefore('may')).toEqual(['gap', 'cap'])
    expect(endsBefore('june')).toEqual(['campaign', 'gap'])
  })

  it('is bounded in what it keeps: a session takes about a thousand events', () => {
    const shop = new Shop()
    for (let at = 0; at < 2_000; at++)
      shop.at(at / 100, `${'0'.repeat(32)}${at}`, { path: `/product/${at}`, name: 'page_view' })
    shop.flush()
    const rows = shop.warehouse.liveSessions().sort((one, other) => one.started_at - other.started_at)
    expect(rows.length).toBeGreaterThan(1)
    expect(rows.reduce((sum, row) => sum + row.events, 0)).toBe(2_000)
    expect(rows[0]?.events).toBeGreaterThan(800)
    expect(shop.warehouse.rollUp).toEqual(shop.warehouse.recomputedRollUp())
  })
})
