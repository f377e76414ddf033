import { describe, expect, it } from '@jest/globals'
import type { IdempotentProducer } from '@cairn/runtime'
import { createLogWriter } from './writer.ts'

interface FakeProducer extends IdempotentProducer {
  readonly sends: (() => void)[]
  isClosed: boolean
}

/** Producers whose sends fail as told; the first argument of a plan is the first producer's. */
function producers(plan: readonly ('works' | 'fails')[]) {
  const opened: FakeProducer[] = []
  const open = (): Promise<IdempotentProducer> => {
    const behaviour = plan[opened.length] ?? 'works'
    const producer: FakeProducer = {
      sends: [],
      isClosed: false,
      partitionsOf: () => Promise.resolve(4),
      send: () => (behaviour === 'works' ? Promise.resolve() : Promise.reject(new Error('request timed out'))),
      close() {
        this.isClosed = true
        return Promise.resolve()
      },
    }
    opened.push(producer)
    return Promise.resolve(producer)
  }
  return { opened, open }
}

const records = [{ key: 'k', value: Buffer.alloc(1) }]

describe('the log writer', () => {
  it('uses one producer while it works', async () => {
    const { opened, open } = producers(['works'])
    const writer = createLogWriter(open)
    await writer.send('t', 0, records)
    await writer.send('t', 1, records)
    expect(opened).toHaveLength(1)
    await writer.close()
    expect(opened[0]?.isClosed).toBe(true)
  })

  it('never uses a producer again after a send it could not finish', async () => {
    const { opened, open } = producers(['fails', 'works'])
    const writer = createLogWriter(open)
    await expect(writer.send('t', 0, records)).rejects.toThrow('request timed out')
    expect(writer.failure).toBe('request timed out')
    await writer.send('t', 0, records)
    expect(opened).toHaveLength(2)
    expect(opened[0]?.isClosed).toBe(true)
    expect(writer.failure).toBeUndefined()
  })

  it('lets the other sends of a failed producer finish before it is closed', async () => {
    let finish: () => void = () => undefined
    let isClosed = false
    const producer: IdempotentProducer = {
      partitionsOf: () => Promise.resolve(4),
      send: (_topic, partition) =>
        partition === 0 ? Promise.reject(new Error('down')) : new Promise<void>((resolve) => (finish = resolve)),
      close: () => {
        isClosed = true
        return Promise.resolve()
      },
    }
    const writer = createLogWriter(() => Promise.resolve(producer))
    const slow = writer.send('t', 1, records)
    await expect(writer.send('t', 0, records)).rejects.toThrow('down')
    expect(isClosed).toBe(false)
    finish()
    await slow
    await new Promise((resolve) => setImmediate(resolve))
    expect(isClosed).toBe(true)
  })

  it('tries to open a producer again after it could not', async () => {
    let attempts = 0
    const { open } = producers(['works'])
    const writer = createLogWriter(() => (attempts++ === 0 ? Promise.reject(new Error('no broker')) : open()))
    await expect(writer.send('t', 0, records)).rejects.toThrow('no broker')
    await writer.send('t', 0, records)
    expect(attempts).toBe(2)
  })
})
