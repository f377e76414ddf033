import { describe, expect, it } from '@jest/globals'
import { createCodec, partitionFor, readCatalog, type Outgoing } from '@cairn/runtime'
import { openBody } from '../segment/body.ts'
import { toEvent } from '../segment/event.ts'
import { createKafkaOutbox } from './kafka.ts'

const codec = createCodec(readCatalog())
const topics = { events: 'events', orderEvents: 'order-events', deadLetters: 'dead-letters' }

function eventOf(anonymousId: string, messageId: string, text = '') {
  return made({ type: 'page', anonymousId, messageId, properties: { text } })
}

function tracked(event: string, anonymousId: string, properties: object) {
  return made({ type: 'track', event, anonymousId, messageId: `m-${event}`, properties })
}

function made(message: object) {
  const opened = openBody(Buffer.from(JSON.stringify({ batch: [message] })), true)
  if (!opened.ok) throw new Error(opened.message)
  const { messages, ...batch } = opened.batch
  const request = { type: undefined, receivedAt: 1000, address: '', userAgent: '', country: '', newId: () => 'id' }
  const verdict = toEvent(messages[0], { ...request, ...batch }, { site: 's', server: false, defaultCurrency: '' })
  if (!verdict.ok) throw new Error(verdict.refusal.message)
  return verdict.event
}

/** A log that writes down what it gets, and answers when the gate opens. */
function log(gate: Promise<void> = Promise.resolve(), gated: readonly string[] = Object.values(topics)) {
  const written: { topic: string; partition: number; key: string; value: Buffer | null }[] = []
  const send = async (topic: string, partition: number, records: readonly Outgoing[]) => {
    if (gated.includes(topic)) await gate
    written.push(...records.map((record) => ({ topic, partition, ...record })))
  }
  return { written, send }
}

function outboxOn(producer: ReturnType<typeof log>, over: object = {}) {
  return createKafkaOutbox({ producer, codec, topics, partitions: 4, queueBytes: 1 << 20, timeoutMs: 5000, ...over })
}

function gate() {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { open: () => open(), opened }
}

describe('the outbox', () => {
  it('writes each event to the partition of its visitor, in the wire format', async () => {
    const broker = log()
    const events = ['a', 'b', 'c', 'd', 'e'].map((visitor) => eventOf(visitor, `m-${visitor}`))
    expect(await outboxOn(broker).deliver({ events, deadLetters: [] })).toEqual({ ok: true })
    expect(broker.written).toHaveLength(5)
    for (const { topic, partition, key, value } of broker.written) {
      expect([topic, partition]).toEqual(['events', partitionFor(key, 4)])
      expect(codec.decode(value)).toMatchObject({ ok: true, kind: 'event', value: { visitor_id: key.slice(2) } })
    }
  })

  it('writes what speaks of an order by its id too, with the same bytes, in the partition of the order', async () => {
    const broker = log()
    const order = { order_id: 'o-7', value: 5, currency: 'EUR' }
    const events = [
      tracked('Order Completed', 'a', order),
      tracked('Order Updated', 'b', order),
      tracked('Order Refunded', 'c', order),
      tracked('Order Cancelled', 'd', order),
      tracked('Order Completed', 'e', { value: 5, currency: 'EUR' }),
      tracked('Checkout Started', 'f', order),
    ]
    expect(await outboxOn(broker).deliver({ events, deadLetters: [] })).toEqual({ ok: true })
    const orders = broker.written.filter(({ topic }) => topic === 'order-events')
    expect(orders.map(({ partition, key }) => [partition, key])).toEqual(
      [1, 2, 3, 4].map(() => [partitionFor('s:o-7', 4), 's:o-7']),
    )
    const bytesOf = (visitor: string) => broker.written.find(({ key }) => key === `s:${visitor}`)?.value
    expect(orders.map(({ value }) => value)).toEqual(['a', 'b', 'c', 'd'].map(bytesOf))
    expect(broker.written).toHaveLength(events.length + 4)
  })

  it.each(['events', 'order-events'])('answers for an order only when %s has it, too', async (slow) => {
    const { open, opened } = gate()
    const broker = log(opened, [slow])
    let settled = false
    const delivery = outboxOn(broker)
      .deliver({ events: [tracked('Order Completed', 'a', { order_id: 'o-7' })], deadLetters: [] })
      .finally(() => (settled = true))
    while (broker.written.length === 0) await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    expect([broker.written.map(({ topic }) => topic).includes(slow), settled]).toEqual([false, false])
    open()
    expect(await delivery).toEqual({ ok: true })
    expect(broker.written).toHaveLength(2)
  })

  it('answers only when every partition has acknowledged', async () => {
    const { open, opened } = gate()
    const broker = log(opened)
    let settled = false
    const delivery = outboxOn(broker)
      .deliver({ events: ['a', 'b', 'c'].map((v) => eventOf(v, v)), deadLetters: [] })
      .finally(() => (settled = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(settled).toBe(false)
    open()
    expect(await delivery).toEqual({ ok: true })
  })

  it('refuses a shipment that does not fit as a whole, and nothing of it is written', async () => {
    const { open, opened } = gate()
    const broker = log(opened)
    const outbox = outboxOn(broker, { queueBytes: 3000 })
    const first = outbox.deliver({ events: [eventOf('a', 'm1', 'x'.repeat(2000))], deadLetters: [] })
    const second = await outbox.deliver({
      events: [eventOf('b', 'm2'), eventOf('a', 'm3', 'x'.repeat(2000))],
      deadLetters: [],
    })
    expect(second).toMatchObject({ ok: false, reason: 'queue_full' })
    open()
    expect(await first).toEqual({ ok: true })
    expect(broker.written.map((w) => w.key)).toEqual(['s:a'])
    expect(outbox.fullestBytes).toBe(0)
  })

  it('gives up on a log that does not answer in time', async () => {
    const { open, opened } = gate()
    const outbox = outboxOn(log(opened), { timeoutMs: 10 })
    const delivery = await outbox.deliver({ events: [eventOf('a', 'm1')], deadLetters: [] })
    expect(delivery).toMatchObject({ ok: false, reason: 'timed_out' })
    open()
    await outbox.close()
  })

  it('ticks on every partition but those that hold undelivered events', async () => {
    const { open, opened } = gate()
    const broker = log(opened)
    const outbox = outboxOn(broker)
    const delivery = outbox.deliver({ events: [eventOf('a', 'm1')], deadLetters: [] })
    outbox.tick()
    outbox.tick()
    open()
    await delivery
    await outbox.close()
    const busy = partitionFor('s:a', 4)
    const ticks = broker.written.filter((w) => w.key === '')
    expect(ticks.map((w) => w.partition).sort()).toEqual([0, 1, 2, 3].filter((p) => p !== busy))
    expect(ticks.map((w) => codec.decode(w.value))).toEqual(
      ticks.map(() => expect.objectContaining({ kind: 'tick', value: { flush_id: '', hold_ms: 0 } })),
    )
  })

  it('takes nothing more once it is closing, and closes when what it took is delivered', async () => {
    const { open, opened } = gate()
    const broker = log(opened)
    const outbox = outboxOn(broker)
    const taken = outbox.deliver({ events: [eventOf('a', 'm1')], deadLetters: [] })
    const closed = outbox.close()
    expect(await outbox.deliver({ events: [eventOf('b', 'm2')], deadLetters: [] })).toMatchObject({
      reason: 'stopping',
    })
    open()
    await closed
    expect(await taken).toEqual({ ok: true })
    expect(broker.written).toHaveLength(1)
  })
})
