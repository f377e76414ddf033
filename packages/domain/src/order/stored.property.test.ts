import { describe, expect, it } from '@jest/globals'
import { buildEvent, jsonOrderCodec as codec, MemoryStates, wireOf } from '@cairn/testkit/domain'
import fc from 'fast-check'
import { orderKey, Orders, StoredOrders, type OrderRecord, type OrderStep } from '../index.ts'

const DAY = 86_400_000
const T = Date.UTC(2026, 0, 5, 10)
const KEPT = 182 * DAY

/** What happens after an event: `commit` takes what has changed, `store` begins to store that, `stored` ends it. */
const afterwards = [
  'commit',
  'commit',
  'commit',
  'store',
  'store',
  'stored',
  'nothing',
  'crash',
  'torn',
  'lost',
] as const

const sent = fc.record({
  order: fc.integer({ min: 0, max: 5 }),
  name: fc.constantFrom('purchase', 'purchase', 'refund', 'order_updated'),
  id: fc.integer({ min: 0, max: 3 }),
  afterMs: fc.constantFrom(0, 0, 0, 1, 60_000, 50 * DAY, KEPT - 1, KEPT, KEPT + 1),
  then: fc.constantFrom(...afterwards),
})
type Sent = (typeof sent extends fc.Arbitrary<infer S> ? S : never) & object

function logOf(events: readonly Sent[]): OrderRecord[] {
  let appendedAt = T
  return events.map(({ order, name, id, afterMs }, offset) => {
    appendedAt += afterMs
    const event = buildEvent({ event_id: `e${id}`, name, order_id: `o${order}`, event_time: T })
    return { offset, appendedAt, key: orderKey(event), body: { kind: 'event', event, wire: wireOf(event) } }
  })
}

type Changes = (readonly [key: string, bytes: Uint8Array | null])[]

/** One who owns the orders of a partition: what it has committed, and a store that lags behind it. */
class Owner {
  readonly #topic: Changes = []
  #committed = { position: 0, stream_time: 0 }
  #cold = new MemoryStates((bytes) => [codec.touchedAt(bytes)])
  /** How much of the topic the store has. */
  #next = 0
  #storing: { readonly states: Changes; readonly next: number } | undefined
  #store = new StoredOrders(codec, this.#cold)
  orders = new Orders(codec, this.#committed, this.#store)

  commit(): void {
    this.#topic.push(...this.orders.takeChanged())
    this.#committed = { position: this.orders.position, stream_time: this.orders.streamTime }
  }

  beginToStore(): void {
    this.stored()
    this.#storing = { states: [...this.#store.takeUnstored()], next: this.#topic.length }
  }

  stored(): void {
    if (this.#storing === undefined) return
    this.#cold.write(this.#storing.states)
    this.#next = this.#storing.next
    this.#storing = undefined
    this.#store.noteStored()
  }

  /** Its successor reads on from where the store stands: part of what was on its way may be there. */
  crash(how: 'crash' | 'torn' | 'lost'): void {
    if (how === 'torn') this.#cold.write(this.#storing?.states.slice(1) ?? [])
    if (how === 'lost') [this.#cold, this.#next] = [new MemoryStates((bytes) => [codec.touchedAt(bytes)]), 0]
    this.#cold.write(this.#topic.slice(this.#next))
    this.#next = this.#topic.length
    this.#storing = undefined
    this.#store = new StoredOrders(codec, this.#cold)
    this.orders = new Orders(codec, this.#committed, this.#store)
  }

  /** What the topic has when all is said, stored and forgotten. */
  end(): Map<string, string> {
    for (let before = -1; before < this.#topic.length;) {
      before = this.#topic.length
      // What is forgotten is found among what is stored.
      this.beginToStore()
      this.stored()
      this.commit()
    }
    const kept = new Map<string, string>()
    for (const [key, bytes] of this.#topic) {
      if (bytes === null) kept.delete(key)
      else kept.set(key, Buffer.from(bytes).toString())
    }
    expect(new Map(this.#cold.states().map(([key, bytes]) => [key, Buffer.from(bytes).toString()]))).toEqual(kept)
    return kept
  }
}

function act(owner: Owner, then: Sent['then']): void {
  if (then === 'commit' || then === 'store') owner.commit()
  if (then === 'store') owner.beginToStore()
  if (then === 'stored') owner.stored()
  if (then === 'crash' || then === 'torn' || then === 'lost') owner.crash(then)
}

describe('orders in a store that lags behind', () => {
  it('come to the same steps and states as all of them in memory, and what is forgotten is let go of', () => {
    fc.assert(
      fc.property(fc.array(sent, { minLength: 1, maxLength: 60, size: 'max' }), (events) => {
        const log = logOf(events)
        const through = new Orders(codec)
        const states = new Map<string, string>()
        const expected = log.map((record) => {
          const step = through.step(record)
          for (const [key, bytes] of through.takeChanged()) {
            if (bytes === null) states.delete(key)
            else states.set(key, Buffer.from(bytes).toString())
          }
          return step
        })
        const owner = new Owner()
        const steps: OrderStep[] = []
        for (const [at, { then }] of events.entries()) {
          // After a crash, what was not committed comes again.
          while (owner.orders.position <= at) {
            const record = log[owner.orders.position] as OrderRecord
            steps[record.offset] = owner.orders.step(record)
          }
          act(owner, then)
        }
        while (owner.orders.position < log.length) {
          const record = log[owner.orders.position] as OrderRecord
          steps[record.offset] = owner.orders.step(record)
        }
        expect(steps).toEqual(expected)
        expect(owner.end()).toEqual(states)
      }),
      { numRuns: 300 },
    )
  })
})
