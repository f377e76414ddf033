import { afterEach, describe, expect, it } from '@jest/globals'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { brokersInService, splitAddress } from './kafka.ts'

describe('asking a Kafka listener for its brokers', () => {
  let listener: Server | undefined

  afterEach(() => {
    listener?.close()
  })

  async function listen(answer: (request: Buffer) => readonly Buffer[]): Promise<string> {
    listener = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', (request) => {
        for (const part of answer(request)) socket.write(part)
      })
    }).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    return `127.0.0.1:${(listener.address() as AddressInfo).port}`
  }

  /** The start of a Metadata v4 answer: size, correlation id, throttle time, number of brokers. */
  function metadata(brokers: number, correlationId = 1): Buffer {
    const answer = Buffer.alloc(16)
    answer.writeInt32BE(12, 0)
    answer.writeInt32BE(correlationId, 4)
    answer.writeInt32BE(brokers, 12)
    return answer
  }

  it('sends one well-formed Metadata request for no topics', async () => {
    let request: Buffer = Buffer.alloc(0)
    const address = await listen((sent) => {
      request = sent
      return [metadata(1)]
    })
    await brokersInService(address, 1_000)
    expect(request.readInt32BE(0)).toBe(request.length - 4)
    expect([request.readInt16BE(4), request.readInt16BE(6)]).toEqual([3, 4])
    expect(request.subarray(-5)).toEqual(Buffer.from([0, 0, 0, 0, 0]))
  })

  it.each([0, 1, 3])('answers %d', async (brokers) => {
    expect(await brokersInService(await listen(() => [metadata(brokers)]), 1_000)).toBe(brokers)
  })

  it('puts an answer in pieces together', async () => {
    const whole = metadata(2)
    expect(await brokersInService(await listen(() => [whole.subarray(0, 5), whole.subarray(5)]), 1_000)).toBe(2)
  })

  it.each([
    ['another protocol', () => [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]],
    ['nothing', () => []],
  ])('is undefined when %s answers', async (_what, answer) => {
    expect(await brokersInService(await listen(answer), 200)).toBeUndefined()
  })

  it('is undefined when nothing listens', async () => {
    const address = await listen(() => [])
    listener!.close()
    expect(await brokersInService(address, 1_000)).toBeUndefined()
  })
})

describe('address of a broker', () => {
  it.each([
    ['kafka.example:9092', { host: 'kafka.example', port: 9092 }],
    ['[::1]:9092', { host: '::1', port: 9092 }],
  ])('%s is split into host and port', (address, expected) => {
    expect(splitAddress(address)).toEqual(expected)
  })
})
