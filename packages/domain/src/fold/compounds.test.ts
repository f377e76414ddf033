import { describe, expect, it } from '@jest/globals'
import { FoldRun, jsonVisitorCodec, type Stepped } from '@cairn/testkit/domain'
import { takeDirty } from '../index.ts'

const T = 1_700_000_000_000
const MINUTE = 60_000
const GAP = 30 * MINUTE
const GRACE = 24 * 60 * MINUTE

const view = { event: 'view_item' }
const search = { event: 'search' }
const threeViews = { name: 'three_views', kind: 'micro', compound: { all: [{ match: view, times: 3 }] } }
const compared = { name: 'compared', kind: 'micro', compound: { all: [{ match: view, times: 2 }, { match: search }] } }
const found = { name: 'found', kind: 'micro', compound: { sequence: [{ match: search }, { match: view, times: 2 }] } }
const once = { ...threeViews, count: 'once_per_visitor' }

/** Events that happen at the minutes given, whenever they come. */
class Shop {
  readonly fold = new FoldRun()

  constructor(goals: readonly unknown[], session: object = {}) {
    this.fold.define(T, { session, goals })
  }

  /** An event whose id is its name's first letter and its minute: `v3` for a view at minute 3. */
  at(minute: number, name: string, fields: object = {}): Stepped {
    const event_id = `${name.charAt(0)}${minute}`
    return this.fold.event(T, { event_id, name, event_time: T + minute * MINUTE, ...fields })
  }

  view(minute: number, fields: object = {}): string[] {
    return changes(this.at(minute, 'view_item', fields))
  }

  search(minute: number, fields: object = {}): string[] {
    return changes(this.at(minute, 'search', fields))
  }

  /** Ids of the events whose matches a session keeps. */
  get kept(): string[] {
    const [[, bytes] = []] = takeDirty(this.fold.partition)
    const { sessions } = jsonVisitorCodec.decode(bytes!)
    return sessions.flatMap(({ matches }) => matches.map(({ event_id }) => event_id))
  }
}

/** Conversion rows as `+event` and `-event`. */
function changes({ conversions }: Stepped): string[] {
  return conversions.map((row) => `${row.is_deleted === 1 ? '-' : '+'}${row.event_id}`)
}

describe('a compound goal', () => {
  it('counts at the event that completes it and not again in its session; event rows do not name it', () => {
    const shop = new Shop([threeViews])
    expect([shop.view(1), shop.view(2)]).toEqual([[], []])
    const third = shop.at(3, 'view_item')
    expect(third.goals).toEqual([])
    expect(third.conversions).toMatchObject([
      { goal: 'three_views', event_id: 'v3', event_name: 'view_item', session_id: third.labelled, is_deleted: 0 },
    ])
    expect([shop.view(4), shop.view(5), shop.view(6)]).toEqual([[], [], []])
    expect(shop.fold.flush(T).sessions).toMatchObject([{ micro: 1 }])
  })

  it('begins anew in the next session', () => {
    const shop = new Shop([threeViews])
    for (const minute of [1, 2, 3, 40, 41]) shop.view(minute)
    expect(shop.view(42)).toEqual(['+v42'])
  })

  it('is completed earlier by an event that comes late: another conversion takes the place of the first', () => {
    const shop = new Shop([threeViews])
    for (const minute of [1, 3]) shop.view(minute)
    const [first] = shop.at(5, 'view_item').conversions
    const late = shop.at(2, 'view_item')
    expect(changes(late)).toEqual(['-v5', '+v3'])
    expect(late.conversions[0]?.conversion_id).toBe(first?.conversion_id)
    expect(shop.view(4)).toEqual([])
    expect(shop.view(0)).toEqual(['-v3', '+v2'])
  })

  it('of parts in any order waits for all of them; an event counts for each part that it matches', () => {
    const either = { name: 'either', kind: 'micro', compound: { all: [{ match: view }, { match: { path: '/a' } }] } }
    const shop = new Shop([compared, either])
    expect([shop.search(1), shop.view(2)]).toEqual([[], []])
    expect(shop.view(3, { path: '/a' })).toEqual(['+v3', '+v3'])
  })

  it('of parts in sequence takes each after the one before, and an event for one of them only', () => {
    const shop = new Shop([found])
    expect([1, 2, 3].map((minute) => shop.view(minute))).toEqual([[], [], []])
    expect(shop.search(4)).toEqual([])
    expect(shop.view(5)).toEqual([])
    expect(shop.view(6)).toEqual(['+v6'])
    expect(shop.search(2)).toEqual(['-v6', '+v3'])
    expect(shop.search(0)).toEqual(['-v3', '+v2'])
  })

  it('goes by the ids of events that happened at once', () => {
    const shop = new Shop([found])
    shop.view(1, { event_id: 'a' })
    shop.search(1, { event_id: 'b' })
    shop.view(1, { event_id: 'c' })
    expect(shop.view(1, { event_id: 'e' })).toEqual(['+e'])
    expect(shop.view(1, { event_id: 'd' })).toEqual(['-e', '+d'])
  })

  it('is completed by the merge of two sessions, and counts once where both had it', () => {
    const shop = new Shop([threeViews])
    for (const minute of [0, 1, 55, 56]) shop.view(minute)
    expect(changes(shop.at(28, 'page_view'))).toEqual(['+v55'])
    const both = new Shop([threeViews])
    for (const minute of [0, 1, 2, 55, 56, 57]) both.view(minute)
    expect(changes(both.at(28, 'page_view'))).toEqual(['-v57'])
  })

  it('is no longer complete when a campaign that comes late splits its session', () => {
    const shop = new Shop([threeViews], { cut_on_campaign: true })
    for (const minute of [1, 3]) shop.view(minute)
    expect(shop.view(5)).toEqual(['+v5'])
    expect(changes(shop.at(2, 'page_view', { campaign: 'may' }))).toEqual(['-v5'])
    expect(shop.view(6)).toEqual(['+v6'])
  })

  it('counts as another conversion when the event that had displaced it leaves', () => {
    const shop = new Shop([threeViews], { cut_on_campaign: true })
    for (const minute of [1, 3]) shop.view(minute)
    const [first] = shop.at(5, 'view_item').conversions
    expect(shop.view(2)).toEqual(['-v5', '+v3'])
    const again = shop.at(1.5, 'page_view', { campaign: 'may' })
    expect(changes(again)).toEqual(['-v3', '+v5'])
    expect(again.conversions[1]?.conversion_id).not.toBe(first?.conversion_id)
  })

  it('is worth what its last event is; a macro one is credited, and its credit withdrawn with it', () => {
    const macro = { ...found, kind: 'macro', value: 'event' }
    const shop = new Shop([macro])
    shop.search(1)
    shop.view(3, { value_minor: 300, currency: 'EUR' })
    const made = shop.at(5, 'view_item', { value_minor: 500, currency: 'EUR' })
    expect(made.credits).toMatchObject([{ goal: 'found', value_minor: 500, is_deleted: 0 }])
    const { conversions, credits } = shop.at(2, 'view_item')
    expect(conversions).toMatchObject([{ is_deleted: 1 }, { event_id: 'v3', value_minor: 300 }])
    expect(credits).toMatchObject([{ is_deleted: 1 }, { value_minor: 300, is_deleted: 0 }])
  })
})

describe('a compound goal with server events', () => {
  const server = { is_server: true }

  it('is completed by one in its session', () => {
    const shop = new Shop([compared])
    for (const minute of [1, 2]) shop.view(minute)
    const { labelled, conversions } = shop.at(3, 'search', server)
    expect(conversions).toMatchObject([{ event_id: 's3', session_id: labelled }])
  })

  it('is not completed by one outside sessions until it is in one', () => {
    const shop = new Shop([compared])
    shop.search(1, server)
    shop.view(2)
    expect(shop.view(3)).toEqual([])
    expect(changes(shop.at(0, 'page_view'))).toEqual(['+v3'])
  })

  it('is completed by the merge of two sessions, with the matches of both and of a server event', () => {
    const shop = new Shop([{ ...compared, compound: { all: [{ match: view, times: 3 }, { match: search }] } }])
    for (const minute of [0, 1, 55]) shop.view(minute)
    expect(shop.search(2, server)).toEqual([])
    expect(changes(shop.at(28, 'page_view'))).toEqual(['+v55'])
  })

  it('goes with one that moves on to a session that started later', () => {
    const shop = new Shop([compared], { cut_on_campaign: true })
    for (const minute of [0, 1]) shop.view(minute)
    expect(shop.search(3, server)).toEqual(['+s3'])
    expect(changes(shop.at(2, 'page_view', { campaign: 'may' }))).toEqual(['-s3'])
    expect([shop.view(4), shop.view(5)]).toEqual([[], ['+v5']])
  })
})

describe('a compound goal that counts once a visitor', () => {
  it('counts where it was completed first, in whatever order its sessions come', () => {
    const shop = new Shop([once])
    for (const minute of [100, 101]) shop.view(minute)
    expect(shop.view(102)).toEqual(['+v102'])
    for (const minute of [1, 2]) shop.view(minute)
    expect(shop.view(3)).toEqual(['-v102', '+v3'])
    for (const minute of [50, 51, 52]) expect(shop.view(minute)).toEqual([])
    expect(shop.fold.flush(T).sessions).toMatchObject([{ micro: 0 }, { micro: 1 }, { micro: 0 }])
  })

  it('counts in the next session when the first is split', () => {
    const shop = new Shop([once], { cut_on_campaign: true })
    for (const minute of [1, 3, 5, 100, 101, 102]) shop.view(minute)
    expect(changes(shop.at(2, 'page_view', { campaign: 'may' }))).toEqual(['-v5', '+v102'])
  })

  it('is free again when a split leaves it incomplete everywhere', () => {
    const shop = new Shop([once], { cut_on_campaign: true })
    for (const minute of [1, 3, 5]) shop.view(minute)
    expect(changes(shop.at(2, 'page_view', { campaign: 'may' }))).toEqual(['-v5'])
    expect(shop.view(6)).toEqual(['+v6'])
  })

  it('does not count again once its session is forgotten, nor before it', () => {
    const shop = new Shop([once])
    for (const minute of [100, 101, 102]) shop.view(minute)
    const later = T + 102 * MINUTE + 2 * GAP + GRACE
    shop.fold.tick(later)
    const at = (event_id: string, event_time: number) =>
      changes(shop.fold.event(later, { event_id, event_time, name: 'view_item' }))
    expect(['x', 'y', 'z'].flatMap((id) => at(id, later))).toEqual([])
    expect(['a', 'b', 'c'].flatMap((id) => at(id, T))).toEqual([])
  })
})

describe('the claim of a compound goal', () => {
  const DAY = 24 * 60 * MINUTE

  it('lives on with each session that would reach it again', () => {
    const fold = new FoldRun()
    fold.define(T, { goals: [once] })
    const threeAt = (day: number) =>
      ['x', 'y', 'z'].flatMap((id) =>
        changes(fold.event(T + day * DAY, { event_id: `${id}${day}`, name: 'view_item' })),
      )
    expect([0, 170, 340, 521].map(threeAt)).toEqual([['+z0'], [], [], ['+z521']])
  })
})

describe('what is kept for compound goals', () => {
  it('is the matches that may still matter: of a full part those up to the one that filled it', () => {
    const shop = new Shop([threeViews])
    for (let minute = 30; minute > 0; minute--) shop.view(minute)
    expect(shop.kept).toEqual(['v1', 'v2', 'v3'])
  })

  it('is all that matches where a session can be split', () => {
    const shop = new Shop([threeViews], { cut_on_campaign: true })
    for (let minute = 1; minute <= 5; minute++) shop.view(minute)
    expect(shop.kept).toEqual(['v1', 'v2', 'v3', 'v4', 'v5'])
  })

  it('is the latest hundred of those that a sequence needs only if the part before comes late', () => {
    const shop = new Shop([found])
    for (let second = 0; second < 150; second++) shop.view(second / 60, { event_id: `v${second}` })
    expect(shop.kept).toHaveLength(100)
    expect(shop.search(-1)).toEqual(['+v51'])
    expect(shop.kept).toEqual(['s-1', 'v50', 'v51'])
  })

  it('does not add up with what matches after a goal takes other parts', () => {
    const shop = new Shop([threeViews])
    for (const minute of [1, 2]) shop.view(minute)
    shop.fold.define(T, { goals: [{ ...threeViews, compound: { all: [{ match: view, times: 2 }] } }] })
    expect(shop.view(3)).toEqual([])
    expect(shop.view(4)).toEqual(['+v4'])
    shop.fold.define(T, { goals: [threeViews] })
    expect(shop.view(0)).toEqual(['-v4', '+v2'])
  })

  it('counts once a session where a goal is completed by other parts, too: the earliest time', () => {
    const shop = new Shop([threeViews])
    for (const minute of [1, 8, 9]) shop.view(minute)
    shop.fold.define(T, { goals: [{ ...threeViews, compound: { all: [{ match: view, times: 2 }] } }] })
    expect([shop.view(3), shop.view(4), shop.view(5)]).toEqual([[], ['-v9', '+v4'], []])
  })

  it('stays as it was counted when other goals take the place of the goal', () => {
    const shop = new Shop([threeViews])
    for (const minute of [1, 2, 3]) shop.view(minute)
    shop.fold.define(T, { goals: [compared] })
    expect(shop.view(0)).toEqual([])
    expect(shop.search(4)).toEqual([])
    expect(shop.view(5)).toEqual(['+v5'])
    expect(shop.fold.flush(T).sessions).toMatchObject([{ micro: 2 }])
  })
})
