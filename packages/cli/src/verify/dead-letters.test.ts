import { describe, expect, it } from '@jest/globals'
import { createCodec, readCatalog, type DeadLetter } from '@cairn/runtime'
import { buildEvent } from '@cairn/testkit/domain'
import { booksOf, summary } from './dead-letters.ts'
import type { LedgerPartition } from './ledger.ts'

const codec = createCodec(readCatalog())
const event = codec.encodeEvent(buildEvent({ event_id: 'e-1' }))

/** The labelled record of the event at this offset of topic `events`. */
function labelled(input_offset: number): Buffer {
  const label = { session_id: null, goals: ['g'], is_late: false, definitions_number: 1, appended_at: 5, input_offset }
  return codec.prependLabel(event, event.readUInt32BE(1), label)
}

/** The sink's letter for a message at an offset of partition 0 of labelled-events. */
function letter(origin_offset: number, payload: Buffer, over: Partial<DeadLetter> = {}): DeadLetter {
  const origin = { origin_topic: 't.labelled-events', origin_partition: 0, origin_offset }
  return {
    id: '',
    stage: 'sink',
    reason: 'truncated',
    detail: '',
    site: '',
    ...origin,
    at: 0,
    key: '',
    payload,
    ...over,
  }
}

function books(letters: readonly DeadLetter[], missing: readonly number[]) {
  const verdicts = { verdict: 0, verdict_repeated: 0, verdict_forgotten: 0 }
  const outcomes = { accepted: 0, duplicate: 0, duplicate_conflict: 0, poison: 0, control: 0, ...verdicts }
  const partition: LedgerPartition = { fold: { outcomes, late: 0 }, end: 100, barrier: 50, missing: new Set(missing) }
  const { deadLettered, otherDeadLetters } = booksOf(letters.map((one) => summary(one, codec)), [partition, partition], 't') // prettier-ignore
  return { events: Object.fromEntries(deadLettered), others: Object.fromEntries(otherDeadLetters) }
}

describe("the sink's letters in the ledger", () => {
  it.each([
    ['cut off', labelled(7).subarray(0, -1)],
    ['cut off right behind its label', labelled(7).subarray(0, labelled(7).length - event.length + 5)],
    ['too long', Buffer.concat([labelled(7), Buffer.from('x')])],
  ])('stand for a missing event whose record is %s', (_, payload) => {
    expect(books([letter(9, payload)], [7])).toEqual({ events: { 'sink: truncated': 1 }, others: {} })
  })

  it.each([
    ['is no record', Buffer.from('garbage')],
    ['names an event that is stored', labelled(8).subarray(0, -1)],
    ['ends within its label', labelled(7).subarray(0, labelled(7).length - event.length + 4)],
    ['is a raw event', event],
  ])('do not stand for a missing event when their message %s', (_, payload) => {
    expect(books([letter(9, payload)], [7])).toEqual({ events: {}, others: { 'sink: truncated': 1 } })
  })

  it('stand for one event once, and for none of another partition', () => {
    const cut = labelled(7).subarray(0, -1)
    const twice = [letter(9, cut), letter(10, cut)]
    expect(books(twice, [7, 8])).toEqual({ events: { 'sink: truncated': 1 }, others: { 'sink: truncated': 1 } })
    expect(books([letter(9, cut, { origin_partition: 2 })], [7]).events).toEqual({})
  })

  it('stand for nothing from the barrier on', () => {
    const cut = labelled(7).subarray(0, -1)
    expect(books([letter(49, cut)], [7]).events).toEqual({ 'sink: truncated': 1 })
    expect(books([letter(50, cut)], [7])).toEqual({ events: {}, others: {} })
  })
})
