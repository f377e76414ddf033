import {
  backoffMs,
  createCodec,
  createLogger,
  createMetrics,
  createSupervision,
  ensureTopics,
  faultsFrom,
  type Logger,
  migrate,
  openCatalog,
  openWarehouse,
  pause,
  type ProcessPort,
  readMigrations,
  type Running,
  serveMetrics,
  takeOwnership,
  type TopicKind,
  topicName,
  type Warehouse,
} from '@cairn/runtime'
import type { SinkConfig } from './config.ts'
import { shortWindows } from './dedup-window.ts'
import { createObserver } from './observe.ts'
import { runPartition } from './partition.ts'
import { routes } from './routes.ts'
import type { Shell } from './shell.ts'

/**
 * labelled-events, sessions, conversions, credits → ClickHouse. For each partition this worker owns:
 * fence → finish the open inserts → (read → intent → insert → barrier) for ever, each topic by itself.
 */
export async function startSink(config: SinkConfig, process: Pick<ProcessPort, 'pid' | 'kill'>): Promise<Running> {
  const log = createLogger({ service: 'sink', level: config.LOG_LEVEL })
  const namespace = config.CAIRN_NAMESPACE
  const topic = (kind: TopicKind) => topicName(namespace, kind)
  const connection = { brokers: config.KAFKA_BROKERS, clientId: `${namespace}.sink`, log }
  const ready = await ensureTopics(connection, {
    namespace,
    partitions: config.CAIRN_PARTITIONS,
    replication: config.CAIRN_REPLICATION,
  })
  if (!ready.ok) throw new Error(ready.message)
  const warehouse = openWarehouse(warehouseOptions(config))
  await prepareTables(warehouse, config, log)

  const metrics = createMetrics('sink')
  const observe = createObserver(metrics)
  const catalog = await openCatalog(config.SCHEMA_REGISTRY_URL)
  const codec = createCodec(catalog)
  const faults = faultsFrom(config.CAIRN_FAULT, process)
  const stateTopic = topic('sink-state')
  const takeover = { connection, codec, transactionalPrefix: `${namespace}.sink`, stateTopic, faults }
  const clocks = { now: Date.now, monotonic: () => performance.now() }
  const shell: Shell = { config, catalog, codec, warehouse, takeover, faults, observe, log, ...clocks, topic }

  const ownership = await takeOwnership({
    connection,
    groupId: `${namespace}.sink`,
    partitions: config.CAIRN_PARTITIONS,
    topics: [
      ...routes.map(({ kind }) => ({ kind, name: topic(kind), compacted: false })),
      { kind: 'sink-state', name: stateTopic, compacted: true },
    ],
    inboxBytes: config.INBOX_BYTES,
    sessionTimeoutMs: config.SESSION_TIMEOUT_MS,
    supervision: createSupervision({ service: 'sink', done: 'queryable' }, metrics, log),
    own: (partition) => runPartition(shell, partition),
  })
  const server =
    config.METRICS_PORT === undefined
      ? undefined
      : await serveMetrics(metrics, { host: config.METRICS_HOST, port: config.METRICS_PORT }, () => ownership.missing())
  log.info({ namespace, database: warehouse.database }, 'sink runs')
  return {
    ended: ownership.ended,
    async stop() {
      await ownership.stop()
      server?.close()
      await warehouse.close()
    },
  }
}

function warehouseOptions(config: SinkConfig) {
  return {
    url: config.CLICKHOUSE_URL,
    database: config.CLICKHOUSE_DATABASE ?? config.CAIRN_NAMESPACE,
    ...(config.CLICKHOUSE_USER === undefined ? {} : { username: config.CLICKHOUSE_USER }),
    ...(config.CLICKHOUSE_PASSWORD === undefined ? {} : { password: config.CLICKHOUSE_PASSWORD }),
  }
}

/** Servers of a fresh installation start together, so ClickHouse is given this long to answer. */
const startPatienceMs = 60_000
const backoff = { firstMs: 200, maxMs: 5000 }

async function prepareTables(warehouse: Warehouse, config: SinkConfig, log: Logger): Promise<void> {
  const patience = AbortSignal.timeout(startPatienceMs)
  for (let failures = 0; ; failures++) {
    const prepared = await migrateAndCheck(warehouse, config, log)
    if (prepared.ok) return
    if (!prepared.mayPass || patience.aborted)
      throw new Error(`ClickHouse at ${config.CLICKHOUSE_URL} cannot be set up: ${prepared.message}`)
    log.warn({ detail: prepared.message }, 'waiting for ClickHouse')
    await pause(backoffMs(backoff, failures), patience)
  }
}

type Prepared = { readonly ok: true } | { readonly ok: false; readonly mayPass: boolean; readonly message: string }

async function migrateAndCheck(warehouse: Warehouse, config: SinkConfig, log: Logger): Promise<Prepared> {
  const { DEDUP_WINDOW: dedupWindow } = config
  const migrated = await migrate(warehouse, { migrations: readMigrations(), dedupWindow })
  if (!migrated.ok) {
    const mayPass = migrated.reason === 'failed' && migrated.failure.reason === 'retriable'
    return { ok: false, mayPass, message: migrated.message }
  }
  if (migrated.applied.length > 0) log.info({ applied: migrated.applied }, 'tables migrated')
  const short = await shortWindows(warehouse, warehouseOptions(config).database, dedupWindow)
  if (!short.ok) return { ok: false, mayPass: short.reason === 'retriable', message: short.message }
  return short.value === undefined ? { ok: true } : { ok: false, mayPass: false, message: short.value }
}
