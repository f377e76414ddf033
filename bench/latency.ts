import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { ensureTopics, openWarehouse, type Warehouse } from '@cairn/runtime'
import { deployShop, stateFolder } from './attribution/ours.ts'
import type { Bench } from './environment.ts'
import { batchBodies } from './ingest/bodies.ts'
import { post } from './ingest/ours.ts'
import { browsersOnly, storefrontTraffic } from './fixture/traffic.ts'
import { deleteTopics, partitions } from './log.ts'
import { freePort, isReady } from './metrics.ts'
import { startService, until, watchCpu, whileAlive, type Measured } from './processes.ts'
import { printMeasure, progress } from './report.ts'

const namespace = 'bench-latency'
const database = 'bench_latency'
const eventsPerSecond = 2000
const batchSize = 20
const mostEvents = 60_000
/** Events sent and seen before the measured ones: processes that have just started compile their code under load. */
const warmUpEvents = 10_000
/** Rows are looked for this often, so a latency may be told too long by as much; oftener, the looking itself is what slows. */
const lookEveryMs = 100

/** Seconds from an event's place in a steady 2,000 events/s to the first query that sees its row, through every service. */
export async function latency(bench: Bench): Promise<void> {
  const events = Math.min(mostEvents, bench.options.events)
  const bodies = batchBodies(storefrontTraffic(warmUpEvents + events, bench.options.visitors, browsersOnly), batchSize)
  const warmUp = bodies.splice(0, warmUpEvents / batchSize)
  const { url, user, password } = bench.stack.clickhouse
  const ready = await ensureTopics(bench.connection, { namespace, partitions, replication: 1 })
  if (!ready.ok) throw new Error(ready.message)
  await deployShop(bench, namespace)
  const warehouse = openWarehouse({ url, username: user, password, database })
  const { services, port } = await startPipeline(bench)
  try {
    progress('latency: warming up')
    await whileAlive(services, Promise.all([send(port, warmUp), watch(warehouse, warmUpEvents)]))
    const pids = Object.fromEntries(services.map((one) => [one.name, one.pid]))
    const cpu = watchCpu({ ...pids, ...bench.serverPids('kafka', 'clickhouse') })
    const seen = watch(warehouse, warmUpEvents + events)
    const sentAt = await whileAlive(services, send(port, bodies))
    const visibleAt = await whileAlive(services, seen)
    const cpuPerEvent = cpu(events)
    const latencies = await latenciesOf(warehouse, sentAt, visibleAt)
    const peaks = {
      ...Object.fromEntries(services.map((one) => [one.name, one.peakMb()])),
      ...bench.serverPeaks('kafka', 'clickhouse'),
    }
    for (const [name, share] of [
      ['latency p50', 0.5],
      ['latency p95', 0.95],
    ] as const) {
      printMeasure(name, 's', [
        { value: latencies[Math.floor(latencies.length * share)]! / 1000, peaks, cpu: cpuPerEvent },
      ])
    }
  } finally {
    for (const one of services) await one.stop()
    await warehouse.command(`DROP DATABASE IF EXISTS ${database} SYNC`)
    await warehouse.close()
    await deleteTopics(bench.connection, (topic) => topic.startsWith(`${namespace}.`))
  }
}

async function startPipeline({ connection, options, stack }: Bench) {
  const { url, user, password } = stack.clickhouse
  const clickhouse = { CLICKHOUSE_URL: url, CLICKHOUSE_USER: user, CLICKHOUSE_PASSWORD: password }
  const port = await freePort()
  const settings = {
    ingest: { PORT: String(port), WRITE_KEYS: 'bench=shop' },
    attribution: { STATE_DIR: stateFolder },
    sink: { ...clickhouse, CLICKHOUSE_DATABASE: database },
  }
  const services: Measured[] = []
  for (const name of ['sink', 'attribution', 'ingest'] as const) {
    const metricsPort = await freePort()
    const shared = { METRICS_PORT: String(metricsPort), CAIRN_NAMESPACE: namespace }
    const kafka = { KAFKA_BROKERS: connection.brokers.join(','), CAIRN_PARTITIONS: String(partitions) }
    const service = startService(name, name, { ...shared, ...kafka, ...settings[name] }, options.profile)
    services.unshift(service)
    await whileAlive(
      [service],
      until(`${name} to be ready`, () => isReady(metricsPort)),
    )
  }
  return { services, port }
}

/** Sends the batches at their times, whatever the answers do; answers when each should have left. */
async function send(port: number, bodies: readonly Buffer[]): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const startedAt = performance.now()
  const sentAt = bodies.map((_, i) => startedAt + (i * batchSize * 1000) / eventsPerSecond)
  const answers: Promise<number>[] = []
  for (const [i, body] of bodies.entries()) {
    const early = sentAt[i]! - performance.now()
    if (early > 1) await delay(early)
    answers.push(post(agent, port, body))
  }
  await Promise.all(answers)
  agent.destroy()
  return sentAt
}

/** For each partition, the moments at which more of it was visible, and up to which offset. */
type Visible = Map<number, { at: number; upTo: number }[]>

async function watch(warehouse: Warehouse, events: number): Promise<Visible> {
  const visible: Visible = new Map()
  await until(
    'all rows',
    async () => {
      const answer = await warehouse.query<{ partition: number; upTo: number; rows: number }>(
        `SELECT _partition AS partition, max(_offset) AS upTo, count() AS rows FROM ${warehouse.table('events')} GROUP BY _partition`,
      )
      if (!answer.ok) return undefined
      const at = performance.now()
      for (const { partition, upTo } of answer.value) {
        const steps = visible.get(partition) ?? []
        if ((steps.at(-1)?.upTo ?? -1) < upTo) steps.push({ at, upTo })
        visible.set(partition, steps)
      }
      return answer.value.reduce((sum, { rows }) => sum + rows, 0) >= events ? true : undefined
    },
    { pollMs: lookEveryMs },
  )
  return visible
}

/** Sorted, in milliseconds. The fixture numbers its events, so an event tells which batch it was in. */
async function latenciesOf(warehouse: Warehouse, sentAt: readonly number[], visible: Visible): Promise<number[]> {
  const answer = await warehouse.query<{ partition: number; offset: number; place: number }>(
    `SELECT _partition AS partition, _offset AS offset, toUInt32(properties['place']) - ${warmUpEvents} AS place FROM ${warehouse.table('events')} WHERE place >= 0`,
  )
  if (!answer.ok) throw new Error(answer.message)
  return answer.value
    .map(({ partition, offset, place }) => {
      const step = visible.get(partition)?.find(({ upTo }) => upTo >= offset)
      return (step?.at ?? NaN) - sentAt[Math.floor(place / batchSize)]!
    })
    .sort((a, b) => a - b)
}
