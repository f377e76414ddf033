import { describe, expect, it } from '@jest/globals'
import { buildEvent, FoldRun, type Stepped } from '@cairn/testkit/domain'

const T = 1_700_000_000_000
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

const purchase = { event: 'purchase' }
const twice = { name: 'twice', kind: 'micro', compound: { all: [{ match: purchase, times: 2 }] } }
const often = { name: 'often', kind: 'micro', compound: { all: [{ match: purchase, times: 2 }], within: '7d' } }
const again = {
  name: 'again',
  kind: 'micro',
  compound: { sequence: [{ match: purchase }, { match: { event: 'view_item' } }, { match: purchase }] },
}
const order = { name: 'order', kind: 'macro', match: purchase, value: 'event', dedupe_by: 'order_id' }
const server = { is_server: true }

/** Purchases and views, each at a minute of its own, whenever they come. */
class Shop {
  readonly fold = new FoldRun()
  private now = T

  constructor(...goals: readonly unknown[]) {
    this.fold.define(T, { goals })
  }

  buys(minute: number, order_id: string, fields: object = {}): string[] {
    return changes(this.at(minute, 'purchase', { order_id, ...fields }))
  }

  at(minute: number, name: string, fields: object = {}): Stepped {
    this.now = Math.max(this.now, T + minute * MINUTE)
    const event_id = `${name.charAt(0)}${minute}`
    return this.fold.event(this.now, { event_id, name, event_time: T + minute * MINUTE, ...fields })
  }
}

function changes({ conversions }: Stepped): string[] {
  return conversions.map((row) => `${row.is_deleted === 1 ? '-' : '+'}${row.event_id}`)
}

describe('an order in a compound goal', () => {
  it('counts once, whoever reports it how often', () => {
    const shop = new Shop(twice)
    expect([shop.buys(1, 'a'), shop.buys(2, 'a'), shop.buys(3, 'a', server)]).toEqual([[], [], []])
    expect([shop.buys(4, 'b'), shop.buys(5, 'b')]).toEqual([['+p4'], []])
  })

  it('counts each time without an id: nothing tells one from another', () => {
    const shop = new Shop(twice)
    expect([shop.buys(1, ''), shop.buys(2, '')]).toEqual([[], ['+p2']])
  })

  it('does not count for two parts of a sequence, but two orders do', () => {
    const shop = new Shop(again)
    expect([shop.buys(1, 'a'), changes(shop.at(2, 'view_item')), shop.buys(3, 'a')]).toEqual([[], [], []])
    expect(shop.buys(4, 'b')).toEqual(['+p4'])
  })

  it('counts where the client of its buyer reports it, also where a server did so before', () => {
    const shop = new Shop(twice)
    shop.at(0, 'page_view')
    shop.buys(1, 'a', server)
    expect(shop.buys(2, 'b', server)).toEqual(['+p2'])
    expect(shop.buys(5, 'b')).toEqual(['-p2', '+p5'])
    expect(shop.buys(3, 'b', server)).toEqual([])
  })

  it('counts where it was reported first, also when that comes late: what it counted elsewhere is withdrawn', () => {
    const shop = new Shop(twice)
    shop.buys(100, 'a')
    expect(shop.buys(101, 'b')).toEqual(['+p101'])
    expect(shop.buys(1, 'a')).toEqual(['-p101'])
    expect(shop.buys(2, 'b')).toEqual(['+p2'])
    expect([shop.buys(103, 'c'), shop.buys(104, 'd')]).toEqual([[], ['+p104']])
  })

  it('leaves a sequence incomplete where its first report turns out to be of before', () => {
    const shop = new Shop({
      ...again,
      compound: { sequence: [{ match: { event: 'view_item' } }, { match: purchase }, { match: { event: 'search' } }] },
    })
    shop.at(2, 'view_item')
    shop.buys(3, 'a')
    expect(changes(shop.at(4, 'search'))).toEqual(['+s4'])
    expect([shop.buys(5, 'b'), changes(shop.at(6, 'search'))]).toEqual([[], []])
    expect(shop.buys(1, 'a')).toEqual(['-s4', '+s6'])
  })

  it('counts no more in a later visit, neither within a window nor once its own can not be corrected any more', () => {
    const shop = new Shop(often, twice, order)
    const first = buildEvent({ event_id: 'p1', event_time: T + MINUTE, name: 'purchase', order_id: 'a' })
    shop.fold.event(T + MINUTE, first)
    shop.fold.verdict(T + MINUTE, first, { value_minor: 100, currency: 'EUR' })
    const minutes = (days: number) => (days * DAY) / MINUTE
    expect(shop.buys(minutes(2), 'a')).toEqual([])
    expect(shop.buys(minutes(2) + 1, 'b')).toEqual([`+p${minutes(2) + 1}`])
    expect(shop.buys(minutes(20), 'a')).toEqual([])
    expect(shop.buys(minutes(20) + 1, 'c')).toEqual([])
  })
})
