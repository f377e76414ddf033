import { describe, expect, it } from '@jest/globals'
import { buildEvent, jsonOrderCodec, jsonVisitorCodec, LogBuilder, readVerdict, wireOf } from '@cairn/testkit/domain'
import type { LogRecord, PartitionState, StorefrontEvent, VisitorState } from '../index.ts'
import { createPartition, orderKey, Orders, step, takeDirty } from '../index.ts'

const T = 1_790_000_000_000
const HOUR = 3_600_000
const portion = 50
/** More than an order keeps of anything. */
const early = 150
const many = 3_000

/** What is sent of the order as the n-th event after its purchase. */
type Next = (n: number) => Partial<StorefrontEvent>

const price = { value_minor: 1_000, currency: 'EUR' }
const clerk = { visitor_id: 'u:clerk' }
/** Each says something new of the order, however many came before. */
const kinds: readonly [string, Next][] = [
  ['updates', (n) => ({ name: 'order_updated', ...price, value_minor: 1_000 + n, ...clerk })],
  ['coupons', (n) => ({ name: 'order_updated', coupon: `c${10_000 - n}`, event_time: T - n, ...clerk })],
  ['refunds', (n) => ({ name: 'refund', ...price, value_minor: 1 + (n % 7), event_time: T - n, ...clerk })],
  ['purchases', (n) => ({ name: 'purchase', ...price, event_time: T - n })],
  ['buyers', (n) => ({ name: 'purchase', ...price, event_time: T - n, visitor_id: `v${1 + (n % 2)}` })],
]

const buy = { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' }
const look = { name: 'look', kind: 'micro', match: { event: 'view_item' } }

/** An order bought after so many visits with two micro conversions each, of which events come without end, and who bought it. */
class HotOrder {
  readonly #partition: PartitionState = createPartition(jsonVisitorCodec)
  readonly #orders = new Orders(jsonOrderCodec)
  readonly #log = new LogBuilder()
  readonly #next: Next
  #sent = 0

  constructor(next: Next, visits: number) {
    this.#next = next
    step(this.#partition, this.#log.definitions(T, 1, { goals: [buy, look] }))
    for (let visit = visits; visit > 0; visit--) {
      const at = T - visit * 6 * HOUR
      for (const n of [0, 1])
        this.#take({ event_id: `${visit}-${n}`, event_time: at + n, name: 'view_item', source: 's' })
    }
    this.#take({ event_id: 'bought', event_time: T, name: 'purchase', order_id: 'o', ...price })
  }

  /** @returns bytes of what is said of the order and of the rows that come of it, for each event */
  send(count: number): number {
    let bytes = 0
    for (let n = 0; n < count; n++, this.#sent++)
      bytes += this.#take({ event_id: `e${this.#sent}`, event_time: T + this.#sent, order_id: 'o', ...this.#next(this.#sent) }) // prettier-ignore
    return bytes / count
  }

  /** Milliseconds of processor time for each event: what else runs makes it wait, not work. */
  time(): number {
    let quickest = Infinity
    for (let round = 0; round < 10; round++) {
      const before = process.cpuUsage()
      this.send(portion)
      const { user, system } = process.cpuUsage(before)
      quickest = Math.min(quickest, (user + system) / 1000 / portion)
    }
    return quickest
  }

  /** Bytes of what is kept of the order, and of who bought it but for the ids of their own events: those have a bound of their own. */
  size(): number {
    const [, order] = this.#orders.takeChanged().at(-1) ?? []
    const [, buyer] = takeDirty(this.#partition).find(([key]) => key === 'shop:v1') ?? []
    const state = JSON.parse(Buffer.from(buyer ?? []).toString()) as VisitorState
    return (order?.length ?? NaN) + JSON.stringify({ ...state, seen_id: [], seen_content: [], seen_at: [] }).length
  }

  #take(fields: Partial<StorefrontEvent> & Pick<StorefrontEvent, 'event_id'>): number {
    const event = buildEvent(fields)
    const record = this.#log.event(T, event)
    step(this.#partition, record)
    return event.order_id === '' ? 0 : this.#decide(record, event)
  }

  #decide({ appendedAt }: LogRecord, event: StorefrontEvent): number {
    const body = { kind: 'event', event, wire: wireOf(event) } as const
    const { verdicts } = this.#orders.step({ offset: this.#orders.position, appendedAt, key: orderKey(event), body })
    let bytes = 0
    for (const { key, verdict } of verdicts) {
      const { outputs } = step(this.#partition, this.#log.verdict(appendedAt, key, readVerdict(verdict)))
      bytes += verdict.event.length + JSON.stringify(outputs).length
    }
    return bytes
  }
}

describe('an order that is spoken of without end', () => {
  it.each(kinds)('costs no more by its three thousandth event than by its first: %s', (_, next) => {
    const order = new HotOrder(next, 10)
    const bytes = order.send(early)
    const size = order.size()
    order.send(many)
    // Numbers grow a little: offsets, verdicts, amounts.
    expect(order.send(portion)).toBeLessThan(1.1 * bytes)
    expect(order.size()).toBeLessThan(1.1 * size)
    const [first, last] = [new HotOrder(next, 10), order].map((one) => one.time()) as [number, number]
    expect(last / first).toBeLessThan(2)
  })

  it.each(kinds)('costs less than ten times as much an event after a hundred visits as after ten: %s', (_, next) => {
    const [ten, hundred] = [10, 100].map((visits) => new HotOrder(next, visits).time()) as [number, number]
    // Two to six times where nothing else runs, and 0.4 to 1.4 ms: what is said of each visit is all that grows.
    expect(hundred / ten).toBeLessThan(10)
  })
})
