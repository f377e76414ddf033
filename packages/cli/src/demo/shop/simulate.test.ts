import { describe, expect, it } from '@jest/globals'
import type { SegmentMessage } from '../segment.ts'
import { simulate } from './simulate.ts'

const end = Date.parse('2026-11-23T09:00:00Z')
const day = 86_400_000
const options = { seed: 7, days: 4, people: 1500, end }
const { messages, books } = simulate(options)

/** By the right clock: a device that says when it sent by a wrong clock sent at the end. */
function happenedAt({ timestamp, sentAt }: SegmentMessage): number {
  return sentAt === undefined ? Date.parse(timestamp) : end - (Date.parse(sentAt) - Date.parse(timestamp))
}

const firstSent = [...new Map(messages.toReversed().map((message) => [message.messageId, message])).values()]

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
    expect(messages).toHaveLength(books.events + books.repeats)
    expect(firstSent).toHaveLength(books.events)
    expect(books.repeats / books.events).toBeGreaterThan(0.01)
    expect(books.repeats / books.events).toBeLessThan(0.05)
    const places = new Map<string, number[]>()
    messages.forEach(({ messageId }, at) => places.set(messageId, [...(places.get(messageId) ?? []), at]))
    const distances = [...places.values()].flatMap(([first, again]) => (again === undefined ? [] : [again - first!]))
    expect(Math.min(...distances)).toBeLessThan(5)
    expect(Math.max(...distances)).toBeGreaterThan(50)
    const contents = new Set(messages.map((message) => JSON.stringify(message)))
    expect(contents.size).toBe(books.events)
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
    for (const { userId, anonymousId } of messages) {
      if (userId !== undefined) devices.set(userId, (devices.get(userId) ?? new Set()).add(anonymousId))
    }
    expect([...devices.values()].filter(({ size }) => size === 2).length).toBeGreaterThan(0)
  })

  it('reports some orders twice under different message ids', () => {
    const reports = firstSent.filter(({ event }) => event === 'Order Completed')
    expect(reports.length).toBeGreaterThan(books.orders.length)
    expect(new Set(reports.map(({ properties }) => properties?.['order_id'])).size).toBe(books.orders.length)
  })
})
