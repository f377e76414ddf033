import { afterEach, describe, expect, it } from '@jest/globals'
import { eventKey } from '@cairn/domain'
import {
  createCodec,
  ensureTopics,
  openProducer,
  readCatalog,
  readLog,
  silentLogger,
  topicName,
  type TopicKind,
} from '@cairn/runtime'
import { buildEvent } from '@cairn/testkit/domain'
import { brokers, ownNamespace } from '../support/kafka.ts'
import { metric } from '../support/metrics.ts'
import { freePort } from '../support/port.ts'
import { differencesFromReplay } from '../support/replay.ts'
import { until } from '../support/until.ts'
import { endProcesses, startProcess, type ServiceProcess } from '../support/workers.ts'

const codec = createCodec(readCatalog())
const connection = { brokers: brokers(), clientId: 'test', log: silentLogger }
/** Three parts of a flush, of which the rows of the first fill a transaction. */
const visitors = 16_000
const campaign = 'c'.repeat(1000)

function worker(namespace: string, settings: Readonly<Record<string, string>> = {}): ServiceProcess {
  return startProcess('attribution', {
    KAFKA_BROKERS: brokers().join(','),
    CAIRN_NAMESPACE: namespace,
    CAIRN_PARTITIONS: '1',
    SESSION_TIMEOUT_MS: '3000',
    ...settings,
  })
}

/** How many rows and barriers a topic holds. */
async function held(namespace: string, kind: TopicKind): Promise<{ rows: number; barriers: number }> {
  const found = { rows: 0, barriers: 0 }
  await readLog(connection, topicName(namespace, kind), (_, records) => {
    for (const { value } of records) {
      const decoded = codec.decode(value)
      if (decoded.ok && decoded.kind === 'barrier') found.barriers++
      else found.rows++
    }
  })
  return found
}

afterEach(endProcesses)

describe('a flush with more sessions than one transaction takes', () => {
  it.each([
    ['folds what was written of it again', 1, { CHECKPOINT_MS: '60000' }],
    // The second transaction is that of a checkpoint.
    ['finds a checkpoint in the middle of it', 2, { CHECKPOINT_MS: '100' }],
  ])(
    'goes on where its owner was killed, when the next one %s',
    async (_, transaction, settings) => {
      const namespace = ownNamespace('flush')
      expect(await ensureTopics(connection, { namespace, partitions: 1, replication: 1 })).toEqual({ ok: true })
      const producer = await openProducer(connection)
      const events = Array.from({ length: visitors }, (_, i) =>
        buildEvent({ event_id: 'e', visitor_id: `v${i}`, event_time: Date.now() - 60_000, source: 's', campaign }),
      )
      const send = (records: { key: string; value: Buffer }[]) =>
        producer.send(topicName(namespace, 'events'), 0, records)
      await send(events.map((event) => ({ key: eventKey(event), value: codec.encodeEvent(event) })))
      const port = await freePort()
      const before = worker(namespace, { METRICS_PORT: String(port) })
      await until(
        async () => (await metric(port, 'cairn_attribution_events_total{outcome="accepted"')) === visitors,
        60_000,
      )
      await before.stop()

      await send([{ key: '', value: codec.encode('tick', { flush_id: 'f', hold_ms: 0 }) }])
      const killed = worker(namespace, { ...settings, CAIRN_FAULT: `attribution.after-commit=kill@${transaction}` })
      expect([await killed.exited, killed.log()]).toEqual(['SIGKILL', expect.any(String)])
      const half = await held(namespace, 'sessions')
      expect(half).toEqual({ rows: expect.any(Number), barriers: 0 })
      expect(half.rows).toBeGreaterThanOrEqual(5000)
      expect(half.rows).toBeLessThan(visitors)

      const next = worker(namespace, settings)
      await until(async () => (await held(namespace, 'conversions')).barriers === 1, 60_000)
      expect(await held(namespace, 'sessions')).toEqual({ rows: visitors, barriers: 1 })
      // A slow machine may make it join the group again, which is a warning.
      expect(next.log()).not.toMatch(/"level":[56]0/)
      expect(await differencesFromReplay(namespace)).toEqual([])
      await next.stop()
      await producer.close()
    },
    120_000,
  )
})
