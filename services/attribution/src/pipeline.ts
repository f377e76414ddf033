import type { Server } from 'node:http'
import {
  createCodec,
  createLogger,
  createMetrics,
  createSupervision,
  createVisitorCodec,
  ensureTopics,
  faultsFrom,
  openCatalog,
  serveMetrics,
  stateDeletesKeptMs,
  takeOwnership,
  topicName,
  Turns,
  type KafkaConnection,
  type Metrics,
  type ProcessPort,
  type Running,
  type TopicKind,
} from '@cairn/runtime'
import type { AttributionConfig } from './config.ts'
import { createObserver } from './observe.ts'
import { ownOrders } from './orders/own.ts'
import { runPartition } from './partition/loop.ts'
import type { Memory, Shell } from './partition/shell.ts'

/**
 * events → sessions, conversions and credits. For each partition this worker owns:
 * fence → restore → fold again what is committed → (read → fold → one transaction) for ever.
 * Beside it, order-events → verdicts, which come back to it through topic events.
 */
export async function startAttribution(
  config: AttributionConfig,
  process: Pick<ProcessPort, 'pid' | 'kill'>,
  memory: Memory = { note: () => undefined },
): Promise<Running> {
  const log = createLogger({ service: 'attribution', level: config.LOG_LEVEL })
  const namespace = config.CAIRN_NAMESPACE
  const topic = (kind: TopicKind) => topicName(namespace, kind)
  const connection = { brokers: config.KAFKA_BROKERS, clientId: `${namespace}.attribution`, log }
  const ready = await ensureTopics(connection, {
    namespace,
    partitions: config.CAIRN_PARTITIONS,
    replication: config.CAIRN_REPLICATION,
  })
  if (!ready.ok) throw new Error(ready.message)

  const metrics = createMetrics('attribution')
  const faults = faultsFrom(config.CAIRN_FAULT, process)
  let held = 0
  const shell = await createShell(config, connection, {
    faults,
    observe: createObserver(metrics, log),
    log,
    topic,
    ofPartition: (bytes) => Math.floor(bytes / Math.max(1, held)),
    memory,
  })

  const ownership = await takeOwnership({
    connection,
    groupId: `${namespace}.attribution`,
    partitions: config.CAIRN_PARTITIONS,
    topics: [
      { kind: 'events', name: topic('events'), compacted: false },
      { kind: 'attribution-state', name: topic('attribution-state'), compacted: true },
    ],
    inboxBytes: config.INBOX_BYTES,
    sessionTimeoutMs: config.SESSION_TIMEOUT_MS,
    supervision: createSupervision({ service: 'attribution', done: 'folded' }, metrics, log),
    own: async (partition) => {
      held++
      try {
        await runPartition(shell, partition)
      } finally {
        held--
      }
    },
  })
  const { codec, diskWrites } = shell
  const orders = await ownOrders({ config, connection, codec, faults, metrics, log, topic, diskWrites })
  const missing = () => [...ownership.missing(), ...orders.missing().map((what) => `orders: ${what}`)]
  const server = await serve(config, metrics, missing)
  log.info({ namespace }, 'attribution runs')
  return {
    ended: Promise.race([ownership.ended, orders.ended]),
    async stop() {
      await Promise.all([ownership.stop(), orders.stop()])
      server?.close()
    },
  }
}

async function serve(
  { METRICS_HOST: host, METRICS_PORT: port }: AttributionConfig,
  metrics: Metrics,
  missing: () => readonly string[],
): Promise<Server | undefined> {
  return port === undefined ? undefined : await serveMetrics(metrics, { host, port }, missing)
}

type Given = Pick<Shell, 'faults' | 'observe' | 'log' | 'topic' | 'ofPartition' | 'memory'>

async function createShell(config: AttributionConfig, connection: KafkaConnection, given: Given): Promise<Shell> {
  const { CAIRN_NAMESPACE: namespace } = config
  const catalog = await openCatalog(config.SCHEMA_REGISTRY_URL)
  const codec = createCodec(catalog)
  const stateTopic = given.topic('attribution-state')
  const { faults } = given
  return {
    ...given,
    config,
    codec,
    visitorCodec: createVisitorCodec(catalog),
    takeover: { connection, codec, transactionalPrefix: `${namespace}.attribution`, stateTopic, faults },
    diskWrites: new Turns(),
    deletesKeptMs: await stateDeletesKeptMs(connection, stateTopic),
  }
}
