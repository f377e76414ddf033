import { describe, expect, it } from '@jest/globals'
import { connectOutbox, type Prepared } from './connected.ts'
import type { KafkaOutbox } from './kafka.ts'
import { createMemoryOutbox } from './memory.ts'
import type { LogWriter } from './writer.ts'

const nothing = { events: [], deadLetters: [] }

function connect(answers: readonly Prepared[], over: { fullestBytes?: number; failure?: string } = {}) {
  const memory = createMemoryOutbox()
  const ticks: number[] = []
  const outbox: KafkaOutbox = {
    deliver: (shipment) => memory.deliver(shipment),
    tick: () => void ticks.push(1),
    fullestBytes: over.fullestBytes ?? 0,
    close: () => Promise.resolve(),
  }
  const writer: LogWriter = {
    send: () => Promise.resolve(),
    failure: over.failure,
    close: () => Promise.resolve(),
  }
  let asked = 0
  let answered: () => void = () => undefined
  const allAnswered = new Promise<void>((resolve) => (answered = resolve))
  const connected = connectOutbox({
    outbox,
    writer,
    queueBytes: 2 * 1024 * 1024,
    retryMs: 1,
    prepare: () => {
      const answer = answers[asked++] ?? { ok: true }
      if (asked === answers.length) setImmediate(answered)
      return Promise.resolve(answer)
    },
  })
  return { connected, memory, ticks, allAnswered }
}

describe('an outbox that connects by itself', () => {
  it('says what is missing and delivers nothing until Kafka answers, and then does', async () => {
    const down: Prepared = { ok: false, isFinal: false, message: 'Kafka at x:1 does not answer' }
    const { connected, memory, ticks, allAnswered } = connect([down, down, { ok: true }])
    expect(connected.missing()).toEqual(['Kafka has not answered yet'])
    expect(await connected.deliver(nothing)).toMatchObject({ ok: false, reason: 'kafka_unavailable' })
    connected.tick()
    expect(ticks).toHaveLength(0)
    await allAnswered
    expect(connected.missing()).toEqual([])
    expect(await connected.deliver(nothing)).toEqual({ ok: true })
    connected.tick()
    expect(ticks).toHaveLength(1)
    expect(memory.shipments).toHaveLength(1)
    await connected.close()
    expect(connected.missing()).toEqual(['the service is stopping'])
  })

  it('ends the service where Kafka can never be used as configured', async () => {
    const { connected } = connect([{ ok: false, isFinal: true, message: 'topic events has 8 partitions' }])
    await expect(connected.ended).rejects.toThrow('topic events has 8 partitions')
  })

  it('is not ready while sends fail or a queue is full', async () => {
    const { connected, allAnswered } = connect([{ ok: true }], { failure: 'timed out', fullestBytes: 2_000_000 })
    await allAnswered
    expect(connected.missing()).toEqual([
      'Kafka did not acknowledge the last send: timed out',
      'the queue of a partition is full',
    ])
    await connected.close()
  })
})
