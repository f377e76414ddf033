import { describe, expect, it } from '@jest/globals'
import { createPartition, eventKey, type Output } from '@cairn/domain'
import { createCodec, createVisitorCodec, readCatalog, readEventInput, type EventInput } from '@cairn/runtime'
import { buildEvent, definitionsJson, foldWhole } from '@cairn/testkit/domain'
import { Outputs } from './outputs.ts'

const catalog = readCatalog()
const codec = createCodec(catalog)
const start = Date.UTC(2026, 0, 5, 10)
const goals = [{ name: 'signup', kind: 'macro', match: { event: 'sign_up' } }]

/** What a macro conversion, a flush and a record that nobody can read put out: outputs of every kind. */
function everyKind(): { readonly input: EventInput; readonly output: Output }[] {
  const event = buildEvent({ event_id: 'e', event_time: start, name: 'sign_up', source: 'google' })
  const definitions = codec.encode('definitions', { number: 1, json: definitionsJson({ goals }) })
  const flush = codec.encode('tick', { flush_id: 'f', hold_ms: 0 })
  const fold = createPartition(createVisitorCodec(catalog))
  return [definitions, codec.encodeEvent(event), flush, Buffer.from('?')].flatMap((value, offset) => {
    const input = readEventInput(codec, { key: eventKey(event), value, timestamp: start + offset, offset })
    return foldWhole(fold, input.record).outputs.map((output) => ({ input, output }))
  })
}

describe('the checksum of outputs', () => {
  it.each(['labelled', 'session', 'conversion', 'credit', 'barrier', 'dead-letter'] as const)(
    'is another without what is of kind %s',
    (left) => {
      const [whole, rest] = [outputs(), outputs()]
      for (const { input, output } of everyKind()) {
        whole.add(input, output)
        if (output.kind !== left) rest.add(input, output)
      }
      expect(rest.crc).not.toBe(whole.crc)
    },
  )

  it('is another where a credit is divided otherwise', () => {
    const [first, second] = [outputs(), outputs()]
    for (const { input, output } of everyKind()) {
      first.add(input, output)
      const isCredit = output.kind === 'credit'
      second.add(input, isCredit ? { ...output, row: { ...output.row, credits: [[999_999]] } } : output)
    }
    expect(second.crc).not.toBe(first.crc)
  })
})

function outputs(): Outputs {
  return new Outputs(codec, { topic: 'events', partition: 0 })
}
