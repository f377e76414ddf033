import { ensureTopics, topicName } from '@cairn/runtime'
import type { Bench } from '../environment.ts'
import { browsersOnly, storefrontTraffic } from '../fixture/traffic.ts'
import { createTopic, deleteTopics, partitions } from '../log.ts'
import { compare, progress } from '../report.ts'
import { runBareProducer } from './bare.ts'
import { batchBodies } from './bodies.ts'
import { runIngest } from './ours.ts'

const namespace = 'bench-ingest'
const bareTopic = 'bench-bare'
/** Distinct events; bodies and messages are sent again and again until the count is reached. */
const distinct = 50_000
const batchSize = 100

/** Events per second taken over HTTP in batches of 100 and acknowledged by the log, beside a bare kafkajs producer of the same bytes. */
export async function ingest(bench: Bench): Promise<void> {
  const { connection, options } = bench
  const pool = Math.min(distinct, options.events)
  const bodies = batchBodies(storefrontTraffic(pool, options.visitors, browsersOnly), batchSize)
  const batches = Math.max(bodies.length, Math.round(options.events / batchSize))
  const events = topicName(namespace, 'events')
  try {
    const fresh = async (topic: string) => {
      await deleteTopics(connection, (name) => name === topic)
      if (topic === bareTopic) await createTopic(connection, topic)
      const ready = await ensureTopics(connection, { namespace, partitions, replication: 1 })
      if (!ready.ok) throw new Error(ready.message)
    }
    const ours = async () => {
      await fresh(events)
      return runIngest(bench, namespace, bodies, batches)
    }
    progress('ingest: warming up')
    await ours()
    await compare({
      measure: 'ingest',
      unit: 'events/s',
      runs: options.runs,
      ours: { name: 'ingest', run: ours },
      peers: [
        {
          name: 'bare kafkajs producer',
          run: async () => {
            await fresh(bareTopic)
            return runBareProducer(bench, { from: events, to: bareTopic, pool, events: options.events })
          },
        },
      ],
    })
  } finally {
    await deleteTopics(connection, (name) => name.startsWith(`${namespace}.`) || name === bareTopic)
  }
}
