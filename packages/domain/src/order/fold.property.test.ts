import { describe, expect, it } from '@jest/globals'
import { changedPurchases, inAnyOrder, jsonOrderCodec, orderEvents, orderTruth, wireOf } from '@cairn/testkit/domain'
import fc from 'fast-check'
import { eventKey, foldOrder, type OrderState, type StorefrontEvent, type WrittenVerdict } from '../index.ts'

const scenario = orderEvents
  .chain((events) => changedPurchases(events).map((changed) => [...events, ...changed]))
  .chain((events) => fc.record({ arriving: inAnyOrder(events), restarts: fc.infiniteStream(fc.boolean()) }))

/** The last verdict to each key, and all of them. */
class Said {
  readonly all: { key: string; verdict: WrittenVerdict }[] = []
  readonly last = new Map<string, WrittenVerdict>()

  take(key: string, verdict: WrittenVerdict): void {
    const before = this.last.get(key)
    expect(verdict.number).toBe(before === undefined || before.status === 'withdrawn' ? 1 : before.number + 1)
    if (before !== undefined) expect(verdict.order_offset).toBeGreaterThan(before.order_offset)
    this.all.push({ key, verdict })
    this.last.set(key, verdict)
  }

  /** What stands: at most one key may have the order. */
  get standing(): { key: string; verdict: WrittenVerdict } | undefined {
    const standing = [...this.last].filter(([, { status }]) => status !== 'withdrawn')
    expect(standing.length).toBeLessThanOrEqual(1)
    return standing.map(([key, verdict]) => ({ key, verdict }))[0]
  }
}

function expectTruth(said: Said, events: readonly StorefrontEvent[]): void {
  const truth = orderTruth(events)
  const { standing } = said
  if (truth === undefined) {
    expect(standing).toBeUndefined()
    return
  }
  const { visitor_id, event_id, ...outcome } = truth
  expect(standing?.key).toBe(eventKey({ site: 'shop', visitor_id, event_id }))
  expect(standing?.verdict).toMatchObject({ order_id: 'o1', ...outcome })
  const decided = events.find((event) => event.event_id === event_id) as StorefrontEvent
  expect(Buffer.from(standing?.verdict.event ?? []).toString()).toBe(Buffer.from(wireOf(decided)).toString())
}

describe('the fold of an order', () => {
  it('says after every event what all events so far come to, in any order, repeated, some with another content, and with restarts anywhere', () => {
    fc.assert(
      fc.property(scenario, ({ arriving, restarts }) => {
        const said = new Said()
        let state: OrderState | null = null
        arriving.forEach((event, offset) => {
          if (state !== null && restarts.next().value === true)
            state = jsonOrderCodec.decode(jsonOrderCodec.encode(state))
          const before = said.standing
          const folded = foldOrder(state, { event, wire: wireOf(event) }, offset, 1_000 + offset)
          state = folded.state
          for (const { key, verdict } of folded.verdicts) {
            expect(verdict.order_offset).toBe(offset)
            said.take(key, verdict)
          }
          expectTruth(said, arriving.slice(0, offset + 1))
          if (folded.verdicts.length === 0) return
          // Something of it is new, or it would not have been said.
          expect({ ...said.standing?.verdict, number: 0, order_offset: 0, key: said.standing?.key }).not.toEqual({
            ...before?.verdict,
            number: 0,
            order_offset: 0,
            key: before?.key,
          })
        })
      }),
      { numRuns: 400 },
    )
  })

  it('keeps the same of an order in whatever order its events came', () => {
    const twice = orderEvents.chain((events) => fc.tuple(inAnyOrder(events), inAnyOrder(events)))
    fc.assert(
      fc.property(twice, ([one, other]) => {
        const kept = (events: readonly StorefrontEvent[]) => {
          let state: OrderState | null = null
          for (const event of events) state = foldOrder(state, { event, wire: wireOf(event) }, 0, 0).state
          return { ...state, said: null }
        }
        expect(kept(one)).toEqual(kept(other))
      }),
    )
  })
})
