import { describe, expect, it } from '@jest/globals'
import {
  createCodec,
  PartitionStopped,
  readCatalog,
  type FencedProducer,
  type SinkIntent,
  type TopicRecords,
} from '@cairn/runtime'
import type { Batch } from '../batch/batch.ts'
import type { Shell } from '../shell.ts'
import { Ledger, readIntents } from './ledger.ts'

const codec = createCodec(readCatalog())
const topic = 't.sessions'

function opened(before: readonly SinkIntent[] = []) {
  const written: (readonly TopicRecords[])[] = []
  const producer: Pick<FencedProducer, 'transact'> = {
    transact: (_, topics) => {
      written.push(topics as readonly TopicRecords[])
      return Promise.resolve({ end: 'committed', ends: new Map() })
    },
  }
  const shell = {
    codec,
    config: { CAIRN_GENERATION: 2 },
    now: () => 1234,
    monotonic: () => 0,
    observe: { transaction: () => undefined },
    topic: (kind: string) => `t.${kind}`,
  }
  const intents = new Map(before.map((intent) => [intent.topic, intent]))
  const ledger = new Ledger(shell as unknown as Shell, { partition: 1 } as never, producer as FencedProducer, intents)
  const intentsWritten = () =>
    written.map((topics) => {
      const decoded = codec.decode(topics.at(-1)!.records[0]!.value)
      return decoded.ok && decoded.kind === 'sink-intent' ? { ...decoded.value } : decoded
    })
  return { ledger, written, intentsWritten }
}

const batch = (begin: number): Batch => ({
  begin,
  end: begin + 10,
  rows: 9,
  crc: 77,
  portions: [],
  dead: [{ record: { offset: begin + 1, timestamp: 5, key: 'k', value: null }, reason: 'no_value' }],
  barrier: undefined,
})

describe('the ledger', () => {
  it('commits an intent and the dead letters of its batch in one transaction', async () => {
    const { ledger, written, intentsWritten } = opened()
    await ledger.open(topic, batch(100))
    expect(written.map((topics) => topics.map((t) => t.topic))).toEqual([['t.dead-letters', 't.sink-state']])
    expect(intentsWritten()).toEqual([
      expect.objectContaining({ generation: 2, topic, begin: 100, end: 110, rows: 9, crc: 77, at: 1234, done: false }),
    ])
  })

  it('keeps the id of the topic from the first intent on, so that tokens of a topic created anew differ', async () => {
    const { ledger, intentsWritten } = opened()
    await ledger.open(topic, batch(0))
    await ledger.open(topic, batch(10))
    const ids = intentsWritten().map((intent) => (intent as SinkIntent).topic_id)
    expect(ids[0]).toBe(ids[1])
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('renews an intent with the time of its first attempt', async () => {
    const old = { generation: 1, topic, topic_id: 'id', begin: 0, end: 5, rows: 5, crc: 1, at: 10, done: false }
    const { ledger, intentsWritten } = opened([old])
    await ledger.renew(old)
    expect(intentsWritten()).toEqual([old])
  })

  it('settles an open intent once', async () => {
    const { ledger, intentsWritten } = opened()
    await ledger.settle(topic, 0)
    await ledger.open(topic, batch(0))
    await ledger.settle(topic, 10)
    await ledger.settle(topic, 10)
    expect(intentsWritten()).toEqual([
      expect.objectContaining({ begin: 0, end: 10, rows: 9, done: false }),
      expect.objectContaining({ begin: 10, end: 10, rows: 0, done: true }),
    ])
  })

  it('notes how far it has read beyond the last insert, and where there was none', async () => {
    const { ledger, intentsWritten } = opened()
    await ledger.settle(topic, 2)
    await ledger.open(topic, batch(2))
    await ledger.settle(topic, 12)
    await ledger.settle(topic, 13)
    const settled = intentsWritten() as SinkIntent[]
    expect(settled.map(({ end, done }) => [end, done])).toEqual([[2, true], [12, false], [12, true], [13, true]]) // prettier-ignore
    expect(new Set(settled.map((intent) => intent.topic_id)).size).toBe(1)
  })
})

describe('reading intents', () => {
  it('keeps the last of each topic', () => {
    const intent = { generation: 1, topic, topic_id: 'id', begin: 0, end: 5, rows: 5, crc: 1, at: 10, done: false }
    const record = (offset: number, value: SinkIntent) => ({
      offset,
      timestamp: 0,
      key: value.topic,
      value: codec.encode('sink-intent', value),
    })
    const intents = new Map<string, SinkIntent>()
    readIntents(codec, intents, [record(0, intent), record(1, { ...intent, topic: 'x' }), record(2, { ...intent, end: 9 })]) // prettier-ignore
    expect([...intents].map(([key, { end }]) => [key, end])).toEqual([
      [topic, 9],
      ['x', 5],
    ])
  })

  it('stops the partition at a record it cannot read', () => {
    const record = { offset: 7, timestamp: 0, key: topic, value: Buffer.from('?') }
    expect(() => readIntents(codec, new Map(), [record])).toThrow(PartitionStopped)
    expect(() => readIntents(codec, new Map(), [record])).toThrow(/sink-state offset 7, key t.sessions/)
  })
})
