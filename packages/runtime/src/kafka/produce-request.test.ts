import { createRequire } from 'node:module'
import { describe, expect, it, jest } from '@jest/globals'
import fc from 'fast-check'
import { encodeProduce, type ProduceArguments } from './produce-request.ts'
import { RecordBuffer, RecordRange } from './record-buffer.ts'
import { Framed, frameInPlace, type Encoder } from './request-frame.ts'

const require = createRequire(import.meta.url)
type Original = (given: unknown) => { encode: () => Promise<Encoder> }
const original = require('kafkajs/src/protocol/requests/produce/v3/request') as Original
const Long = require('kafkajs/src/utils/long') as { fromValue(value: number): { toString(): string } }

const now = Date.UTC(2026, 4, 4)

const bytes = fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b))
const message = fc.record({
  key: fc.string({ unit: 'binary', maxLength: 60 }),
  value: fc.option(bytes),
})
const request = fc.record({
  acks: fc.constant(-1),
  timeout: fc.constant(30_000),
  compression: fc.constant(0),
  transactionalId: fc.option(fc.string({ minLength: 1, maxLength: 20 })),
  producerId: fc.integer({ min: -1, max: 2 ** 40 }).map((id) => Long.fromValue(id)),
  producerEpoch: fc.integer({ min: 0, max: 32_767 }),
  topicData: fc.array(
    fc.record({
      topic: fc.string({ minLength: 1, maxLength: 30 }),
      partitions: fc.array(
        fc.record({
          partition: fc.nat(1000),
          firstSequence: fc.nat(2 ** 31 - 1),
          messages: fc.array(message, { minLength: 1, maxLength: 150 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    }),
    { minLength: 1, maxLength: 3 },
  ),
})

type Given = typeof request extends fc.Arbitrary<infer T> ? T : never

function inRanges(given: Given): ProduceArguments {
  const topicData = given.topicData.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ messages, ...rest }) => ({
      ...rest,
      messages: new RecordRange(RecordBuffer.of(messages), 0, messages.length),
    })),
  }))
  return { ...given, topicData }
}

describe('encodeProduce', () => {
  it('writes the bytes that kafkajs writes', async () => {
    const clock = jest.spyOn(Date, 'now').mockReturnValue(now)
    try {
      await fc.assert(
        fc.asyncProperty(request, async (given) => {
          const expected = (await original(given).encode()).buffer
          const encoded = encodeProduce(inRanges(given), now)
          expect(encoded.size()).toBe(expected.length)
          expect(encoded.buffer.equals(expected)).toBe(true)
        }),
        { numRuns: 200 },
      )
    } finally {
      clock.mockRestore()
    }
  })
})

describe('a request framed in place', () => {
  const createRequest = require('kafkajs/src/protocol/request') as (given: object) => Promise<Encoder>
  const requestOf = (encode: () => unknown) =>
    createRequest({ correlationId: 7, clientId: 'client', request: { apiKey: 0, apiVersion: 7, encode } })
  const body = Buffer.from('the body')

  it('has the bytes of one that kafkajs puts together', async () => {
    const EncoderOf = require('kafkajs/src/protocol/encoder') as new () => Encoder & { writeBuffer(b: Buffer): Encoder }
    const expected = await requestOf(() => new EncoderOf().writeBuffer(body))
    frameInPlace()
    const room = Buffer.concat([Buffer.alloc(100), body, Buffer.alloc(9)])
    const framed = await requestOf(() => new Framed(room, 100, 100 + body.length))
    expect(framed.buffer.equals(expected.buffer)).toBe(true)
    expect(framed.buffer.buffer).toBe(room.buffer)
    const tight = await requestOf(() => new Framed(body, 0, body.length))
    expect(tight.buffer.equals(expected.buffer)).toBe(true)
  })
})
