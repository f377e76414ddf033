import { randomUUID } from 'node:crypto'
import { eventKey } from '@cairn/domain'
import { ensureTopics, topicName, type Outgoing } from '@cairn/runtime'
import type { Bench } from '../environment.ts'
import { storefrontTraffic, type Traffic } from '../fixture/traffic.ts'
import { deleteTopics, partitions, preload } from '../log.ts'
import { compare, progress } from '../report.ts'
import { openKafkaEngine } from './kafka-engine.ts'
import { openSink } from './ours.ts'

const namespace = 'bench-sink'

/** Rows per second from the first read of a topic that is already there until all are queryable, beside ClickHouse's own Kafka engine. */
export async function sink(bench: Bench): Promise<void> {
  const { connection, options } = bench
  const traffic = storefrontTraffic(options.events, options.visitors)
  const topic = topicName(namespace, 'labelled-events')
  const ready = await ensureTopics(connection, { namespace, partitions, replication: 1 })
  if (!ready.ok) throw new Error(ready.message)
  progress(`filling ${topic}`)
  await preload(connection, topic, labelled(bench, traffic))
  const ours = openSink(bench, namespace, traffic.length)
  const peer = await openKafkaEngine(bench, topic, traffic.length)
  try {
    progress('sink: warming up')
    await ours.run()
    const consumers = await peer.best()
    await compare({
      measure: 'sink',
      unit: 'rows/s',
      runs: options.runs,
      ours: { name: 'sink', run: () => ours.run() },
      peers: [{ name: `Kafka engine, ${consumers} consumers`, run: () => peer.run(consumers) }],
    })
  } finally {
    await peer.close()
    await deleteTopics(connection, (name) => name.startsWith(`${namespace}.`))
  }
}

function* labelled({ codec, catalog }: Bench, traffic: Traffic): Generator<Outgoing> {
  const schemaId = catalog.events.at(-1)!.id
  for (let place = 0; place < traffic.length; place++) {
    const event = traffic.at(place)
    const label = {
      session_id: randomUUID(),
      goals: event.name === 'page_view' ? [] : [event.name],
      is_late: false,
      definitions_number: 0,
      appended_at: event.received_at,
      input_offset: place,
    }
    yield { key: eventKey(event), value: codec.prependLabel(codec.encodeEvent(event), schemaId, label) }
  }
}
