import { describe, expect, it } from '@jest/globals'
import type { SegmentMessage } from '../segment.ts'
import { simulate } from './simulate.ts'

const end = Date.parse('2026-11-23T09:00:00Z')
const day = 86_400_000
const options = { seed: 7, days: 4, people: 3000, end }
const { messages, serverMessages, parts, books } = simulate(options)

/** By the right clock: a device that says when it sent by a wrong clock sent at the end. */
function happenedAt({ timestamp, sentAt }: SegmentMessage): number {
  return sentAt === undefined ? Date.parse(timestamp) : end - (Date.parse(sentAt) - Date.parse(timestamp))
}

/** Each message once, as it was sent first. */
function different(sent: readonly SegmentMessage[]): SegmentMessage[] {
  return [...new Map(sent.toReversed().map((message) => [message.messageId, message])).values()]
}

const firstSent = different(messages)

function orderOf({ properties }: SegmentMessage): string {
  return String(properties?.['order_id'])
}

const saleTimes = new Map(
  serverMessages.flatMap((message) =>
    message.event === 'Order Completed' ? [[orderOf(message), happenedAt(message)] as const] : [],
  ),
)

describe('the simulated shop', () => {
  it('sends the same messages for the same seed', () => {
    expect(simulate({ ...options, people: 100 })).toEqual(simulate({ ...options, people: 100 }))
    expect(simulate({ ...options, people: 100, seed: 8 })).not.toEqual(simulate({ ...options, people: 100 }))
  })

  it('keeps to its days', () => {
    const times = messages.map(happenedAt)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(end - 4 * day)
    expect(Math.max(...times)).toBeLessThanOrEqual(end)
  })

  it('has the traffic of a shop: most leave without a cart, most carts without an order, every channel used', () => {
    expect(books.visits / books.visitors).toBeGreaterThan(1.1)
    expect(books.visitsWithCart / books.visits).toBeGreaterThan(0.06)
    expect(books.visitsWithCart / books.visits).toBeLessThan(0.25)
    const abandoned = 1 - books.visitsWithOrder / books.visitsWithCart
    expect(abandoned).toBeGreaterThan(0.55)
    expect(abandoned).toBeLessThan(0.85)
    expect(books.visitsByChannel.size).toBe(8)
    for (const visits of books.visitsByChannel.values()) expect(visits).toBeGreaterThan(books.visits / 100)
    expect(new Set(books.orders.map(({ currency }) => currency)).size).toBe(3)
    expect(books.botEvents / books.events).toBeGreaterThan(0.02)
    expect(books.botEvents / books.events).toBeLessThan(0.15)
  })

  it('repeats a few messages word for word, some at once and some much later', () => {
    expect(messages.length + serverMessages.length).toBe(books.events + books.repeats)
    expect(firstSent).toHaveLength(books.events - books.serverEvents)
    expect(books.repeats / books.events).toBeGreaterThan(0.01)
    expect(books.repeats / books.events).toBeLessThan(0.05)
    const places = new Map<string, number[]>()
    messages.forEach(({ messageId }, at) => places.set(messageId, [...(places.get(messageId) ?? []), at]))
    const distances = [...places.values()].flatMap(([first, again]) => (again === undefined ? [] : [again - first!]))
    expect(Math.min(...distances)).toBeLessThan(5)
    expect(Math.max(...distances)).toBeGreaterThan(50)
    const contents = new Set(messages.map((message) => JSON.stringify(message)))
    expect(contents.size).toBe(books.events - books.serverEvents)
  })

  it('sends some messages minutes to hours after later ones, all within a day', () => {
    let latest = 0
    const behind = messages.map((message) => {
      const at = happenedAt(message)
      latest = Math.max(latest, at)
      return latest - at
    })
    expect(behind.filter((ms) => ms > 5 * 60_000).length / messages.length).toBeGreaterThan(0.01)
    expect(behind.filter((ms) => ms > 0).length / messages.length).toBeLessThan(0.9)
    expect(Math.max(...behind)).toBeGreaterThan(3_600_000)
    expect(Math.max(...behind)).toBeLessThan(day)
  })

  it('has devices whose clocks are wrong, which say so, and people with two devices', () => {
    const wrong = messages.filter(({ sentAt }) => sentAt !== undefined)
    expect(wrong.length).toBeGreaterThan(0)
    for (const { sentAt } of wrong) expect(Math.abs(Date.parse(sentAt!) - end)).toBeGreaterThan(10 * 60_000)
    const devices = new Map<string, Set<string>>()
    for (const { userId, anonymousId = '' } of messages) {
      if (userId !== undefined) devices.set(userId, (devices.get(userId) ?? new Set()).add(anonymousId))
    }
    expect([...devices.values()].filter(({ size }) => size === 2).length).toBeGreaterThan(0)
  })

  it('reports most orders from the browser, some of them twice under different message ids', () => {
    const reports = firstSent.filter(({ event }) => event === 'Order Completed')
    const reported = new Set(reports.map(orderOf))
    expect(reports.length).toBeGreaterThan(reported.size)
    expect(reported.size).toBeLessThan(books.orders.length)
    expect(reported.size).toBeGreaterThan(books.orders.length * 0.8)
  })

  it('has every order from the server, too: once for each id, mostly with the browser, else with the user or nobody', () => {
    const sales = different(serverMessages).filter(({ event }) => event === 'Order Completed')
    expect(sales.map(orderOf).sort()).toEqual(books.orders.map(({ orderId }) => orderId).sort())
    const browserIds = new Set(messages.map(({ messageId }) => messageId))
    expect(sales.filter(({ messageId }) => browserIds.has(messageId))).toEqual([])
    const named = sales.filter(({ anonymousId }) => anonymousId !== undefined)
    const byUser = sales.filter(({ anonymousId, userId }) => anonymousId === undefined && userId !== undefined)
    expect(named.length).toBeGreaterThan(sales.length / 2)
    expect(byUser.length).toBeGreaterThan(0)
    expect(sales.length).toBeGreaterThan(named.length + byUser.length)
    const visited = new Set(firstSent.filter(({ event }) => event === 'Order Completed').map(orderOf))
    expect(byUser.filter((sale) => !visited.has(orderOf(sale))).length).toBeGreaterThan(0)
    expect(books.orders.filter(({ isInVisit }) => !isInVisit).length).toBeGreaterThan(0)
  })

  it('updates, refunds and cancels some orders, many of them days after their visit', () => {
    for (const [event, latest] of [
      ['Order Updated', day / 4],
      ['Order Refunded', 2 * day],
      ['Order Cancelled', day / 4],
    ] as const) {
      const sent = different(serverMessages).filter((message) => message.event === event)
      const waits = sent.map((message) => happenedAt(message) - saleTimes.get(orderOf(message))!)
      expect(Math.min(...waits)).toBeGreaterThan(0)
      expect(Math.max(...waits)).toBeGreaterThan(latest)
    }
    expect(saleTimes.size).toBe(books.orders.length)
    expect(new Set(books.orders.map(({ status }) => status)).size).toBe(4)
    for (const { status, grossMinor, refundedMinor } of books.orders) {
      if (status === 'placed') expect(refundedMinor).toBe(0)
      else if (status !== 'partly_refunded') expect(refundedMinor).toBe(grossMinor)
      else expect([refundedMinor > 0, refundedMinor < grossMinor]).toEqual([true, true])
    }
  })

  it('sends in parts what it sends, the server now ahead of the visitors and now behind', () => {
    const ofSender = (isServer: boolean) =>
      parts.filter((part) => part.isServer === isServer).flatMap((part) => part.messages)
    expect(ofSender(false)).toEqual(messages)
    expect(ofSender(true)).toEqual(serverMessages)
    const sequence = parts.flatMap(({ messages: sent, isServer }) =>
      sent.filter(({ event }) => event === 'Order Completed').map((message) => [orderOf(message), isServer] as const),
    )
    const first = new Map(sequence.toReversed())
    const ahead = [...first.values()].filter((isServer) => isServer).length
    expect(ahead).toBeGreaterThan(books.orders.length / 5)
    expect(ahead).toBeLessThan((books.orders.length * 4) / 5)
  })
})
