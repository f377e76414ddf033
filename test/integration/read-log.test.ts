import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { ensureTopics, kafkaObstacle, openProducer, readLog, silentLogger, topicName } from '@cairn/runtime'
import { brokers, ownNamespace } from '../support/kafka.ts'

jest.setTimeout(60_000)

describe('reading a log to its end', () => {
  const namespace = ownNamespace('read-log')
  const topic = topicName(namespace, 'events')
  const connection = { brokers: brokers(), clientId: 'read-log', log: silentLogger }
  const records = (...values: string[]) => values.map((value) => ({ key: '', value: Buffer.from(value) }))

  beforeAll(async () => {
    expect(await ensureTopics(connection, { namespace, partitions: 2, replication: 1 })).toEqual({ ok: true })
    const producer = await openProducer(connection)
    await producer.send(topic, 0, records('a', 'b'))
    await producer.send(topic, 1, records('c'))
    await producer.close()
  })

  async function read(from?: ReadonlyMap<number, number>) {
    const found: string[] = []
    const position = await readLog(
      connection,
      topic,
      (p, batch) => found.push(...batch.map((r) => `${p} ${String(r.value)}`)),
      from === undefined ? {} : { from },
    )
    return { found: found.sort(), position }
  }

  it('says where that was, and goes on from there', async () => {
    const { found, position } = await read()
    expect(found).toEqual(['0 a', '0 b', '1 c'])
    expect((await read(position)).found).toEqual([])
    const producer = await openProducer(connection)
    await producer.send(topic, 0, records('d'))
    await producer.close()
    expect(await read(position)).toEqual({ found: ['0 d'], position: new Map([...position, [0, 3]]) })
  })

  it('ends with what its visitor throws', async () => {
    const failing = readLog(connection, topic, () => {
      throw new Error('no fold')
    })
    await expect(failing).rejects.toThrow('no fold')
  })

  it('gives up when nothing comes for too long', async () => {
    const error: unknown = await readLog(connection, topic, () => undefined, { patienceMs: 1 }).catch((e: unknown) => e)
    expect(kafkaObstacle(error)).toMatch(/nothing came of topic .*events, partition .*0 \(to offset 3\)/)
  })

  it('ends when it is told to, before it has begun and after', async () => {
    const [early, late] = [new AbortController(), new AbortController()]
    const untold = readLog(connection, topic, () => undefined, { signal: early.signal })
    early.abort(new Error('enough'))
    await expect(untold).rejects.toThrow('enough')
    const told = readLog(connection, topic, () => late.abort(new Error('seen enough')), { signal: late.signal })
    await expect(told).rejects.toThrow('seen enough')
  })
})

describe('an error', () => {
  it('of a Kafka that is not there is told from a bug', async () => {
    const absent = { brokers: ['127.0.0.1:1'], clientId: 'absent', log: silentLogger }
    const error: unknown = await openProducer(absent).catch((reason: unknown) => reason)
    expect(kafkaObstacle(error)).toContain('127.0.0.1:1')
    expect(kafkaObstacle(new TypeError('x is not a function'))).toBeUndefined()
  })
})
