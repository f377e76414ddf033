import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { eventKey, isOrderEvent, orderKey } from '@cairn/domain'
import {
  deployDefinitions,
  ensureTopics,
  openProducer,
  readDefinitions,
  topicName,
  type Outgoing,
} from '@cairn/runtime'
import type { Bench } from '../environment.ts'
import type { Traffic } from '../fixture/traffic.ts'
import { deleteGroup, deleteTopics, endsOf, partitions, preload } from '../log.ts'
import { freePort, labelNumber, readMetric } from '../metrics.ts'
import { benchFolder, repository, startService, until, whileAlive, type Measured } from '../processes.ts'
import { perEvent, progress, type Sample } from '../report.ts'

/** The workers' visitor states on disk. */
export const stateFolder = join(benchFolder, 'state')

/** What a machine that is busy with other things may take for an event. */
const slowestMs = 0.5

/** The part of a topic after which its end is near. */
const nearTheEnd = 0.97

export interface AttributionSubject {
  /** Folds both topics from nothing with this many workers; events per second. */
  run(workers: number): Promise<Sample>
  /** Starts a worker on what the last run left; its port of metrics comes with it. */
  start(name: string): Promise<{ readonly worker: Measured; readonly port: number }>
  /** Waits until the workers have committed both topics, with what orders add to the one, and a flush at its end. */
  caughtUp(ports: readonly number[], workers: readonly Measured[]): Promise<void>
  close(): Promise<void>
}

/**
 * Topics `events` and `order-events` filled as ingest fills them, with the shop's definitions in force.
 *
 * @param settings of the workers, where they are not the usual ones
 */
export async function openAttribution(
  bench: Bench,
  namespace: string,
  traffic: Traffic,
  settings: Readonly<Record<string, string>> = {},
): Promise<AttributionSubject> {
  const { connection, options } = bench
  const events = topicName(namespace, 'events')
  let isFresh = true
  await fill(bench, namespace, traffic)

  async function start(name: string) {
    const port = await freePort()
    const own = { METRICS_PORT: String(port), CAIRN_NAMESPACE: namespace, LOG_LEVEL: 'info', STATE_DIR: stateFolder }
    const shared = { KAFKA_BROKERS: connection.brokers.join(','), CAIRN_PARTITIONS: String(partitions) }
    const env = { ...own, ...shared, ...settings }
    return { worker: startService(name, 'attribution', env, options.profile), port }
  }

  /** Verdicts are added to `events` for as long as orders are decided, so its end is known only after that. */
  async function caughtUp(ports: readonly number[], workers: readonly Measured[]) {
    const timeoutMs = Math.max(600_000, traffic.length * slowestMs)
    const reach = async (what: string, metric: string, end: number) => {
      const reaches = (position: number) => async () => (await committed(ports, metric)) >= position || undefined
      // To answer takes a worker milliseconds, which are then not those of events: it is asked often only near the end.
      await whileAlive(workers, until(what, reaches(end * nearTheEnd), { pollMs: 500, timeoutMs }))
      await whileAlive(workers, until(what, reaches(end), { pollMs: 50, timeoutMs }))
    }
    const ofOrders = sum(await endsOf(connection, topicName(namespace, 'order-events')))
    await reach('orders to be decided', 'cairn_orders_position', ofOrders)
    await flush(bench, events)
    await reach('attribution to catch up', 'cairn_attribution_position', sum(await endsOf(connection, events)))
  }

  return {
    start,
    caughtUp,
    async run(count) {
      // What a run has said of orders stays in its log: the next one has its own.
      if (!isFresh) await fill(bench, namespace, traffic)
      isFresh = false
      const brokerBefore = bench.brokerCpuSeconds()
      const started = await Promise.all(Array.from({ length: count }, (_, i) => start(`attribution-${i + 1}`)))
      const workers = started.map(({ worker }) => worker)
      const ports = started.map(({ port }) => port)
      try {
        await caughtUp(ports, workers)
        const endedAt = Date.now()
        const seconds = (endedAt - Math.min(...workers.map(firstReadAt))) / 1000
        const cpu = {
          attribution: perEvent(sum(workers.map((one) => one.cpuSeconds())), traffic.length),
          kafka: perEvent(bench.brokerCpuSeconds() - brokerBefore, traffic.length),
        }
        await checkOutcomes(ports, traffic.length)
        const peaks = Object.fromEntries(workers.map((one) => [one.name, one.peakMb()]))
        return { value: traffic.length / seconds, peaks: { ...peaks, ...bench.serverPeaks('kafka') }, cpu }
      } finally {
        await Promise.all(workers.map((one) => one.stop()))
      }
    },
    async close() {
      await deleteTopics(connection, (topic) => topic.startsWith(`${namespace}.`))
    },
  }
}

/** Asked again for as long as a busy broker has not yet forgotten the topics of the run before. */
async function createTopics({ connection }: Bench, namespace: string): Promise<void> {
  await until('topics to be created', async () => {
    const ready = await ensureTopics(connection, { namespace, partitions, replication: 1 })
    return ready.ok ? true : undefined
  })
}

/** From nothing: topics of an earlier run are deleted. */
async function fill(bench: Bench, namespace: string, traffic: Traffic): Promise<void> {
  const { connection } = bench
  await deleteTopics(connection, (topic) => topic.startsWith(`${namespace}.`))
  rmSync(stateFolder, { recursive: true, force: true })
  for (const group of ['attribution', 'orders']) await deleteGroup(connection, `${namespace}.${group}`)
  await createTopics(bench, namespace)
  await deployShop(bench, namespace)
  progress(`filling ${topicName(namespace, 'events')}`)
  await preload(connection, topicName(namespace, 'events'), records(bench, traffic))
  await preload(connection, topicName(namespace, 'order-events'), ofOrders(bench, traffic))
}

/** Goals of several events, which the shop's own file leaves to the shop: as docs/definitions.md has them. */
const compoundGoals = `
  - name: compared
    kind: micro
    class: process
    compound: { all: [{ match: { event: view_item }, times: 3 }, { match: { event: search } }] }
  - name: found_by_search
    kind: micro
    class: process
    compound: { sequence: [{ match: { event: search } }, { match: { event: view_item } }, { match: { event: add_to_cart } }] }
    count: once_per_visitor
  - name: three_views_in_a_week
    kind: micro
    class: process
    compound: { all: [{ match: { event: view_item }, times: 3 }], within: 7d }
`

/** Puts the shop's own file in force. Sessions close by the fixture's times, which are the same in every run, not by today's. */
export async function deployShop({ connection, codec }: Bench, namespace: string): Promise<void> {
  const text = readFileSync(join(repository, 'definitions', 'shop.yaml'), 'utf8')
  const read = readDefinitions(text.replace('time_source: log', 'time_source: event') + compoundGoals)
  if (!read.ok) throw new Error('definitions/shop.yaml is refused')
  await deployDefinitions(connection, codec, namespace, read.json)
}

function* records({ codec }: Bench, traffic: Traffic): Generator<Outgoing> {
  for (let place = 0; place < traffic.length; place++) {
    const event = traffic.at(place)
    yield { key: eventKey(event), value: codec.encodeEvent(event) }
  }
}

function* ofOrders({ codec }: Bench, traffic: Traffic): Generator<Outgoing> {
  for (let place = 0; place < traffic.length; place++) {
    const event = traffic.at(place)
    if (isOrderEvent(event)) yield { key: orderKey(event), value: codec.encodeEvent(event) }
  }
}

/** Brings out the session rows that are still pending at the end, as closing does with the peer's caches. */
async function flush({ connection, codec }: Bench, topic: string): Promise<void> {
  const producer = await openProducer(connection)
  const value = codec.encode('tick', { flush_id: 'end', hold_ms: 0 })
  for (let p = 0; p < partitions; p++) await producer.send(topic, p, [{ key: '', value }])
  await producer.close()
}

/** Committed positions of all partitions, added up. */
async function committed(ports: readonly number[], metric: string): Promise<number> {
  const positions = new Map<number, number>()
  for (const port of ports) {
    // A partition that moved stays among the gauges of who had it.
    for (const [labels, position] of await readMetric(port, metric)) {
      const partition = labelNumber(labels, 'partition')
      positions.set(partition, Math.max(position, positions.get(partition) ?? 0))
    }
  }
  return sum([...positions.values()])
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}

/** A partition is restored, from nothing here, just before its first event is asked for. UTC milliseconds. */
function firstReadAt(worker: Measured): number {
  const restored = worker
    .log()
    .split('\n')
    .filter((line) => line.includes('partition restored'))
    .map((line) => new Date((JSON.parse(line) as { time: string | number }).time).getTime())
  return Math.min(...restored)
}

async function checkOutcomes(ports: readonly number[], expected: number): Promise<void> {
  let accepted = 0
  for (const port of ports)
    for (const [labels, count] of await readMetric(port, 'cairn_attribution_events_total'))
      if (labels.includes('outcome="accepted"')) accepted += count
  if (accepted !== expected) throw new Error(`${expected} events were sent and ${accepted} accepted`)
}
