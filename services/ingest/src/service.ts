import {
  createCodec,
  createLogger,
  createMetrics,
  ensureTopics,
  openProducer,
  openCatalog,
  type Catalog,
  serveMetrics,
  topicName,
  type Faults,
  type KafkaConnection,
  type Running,
} from '@cairn/runtime'
import type { IngestConfig } from './config.ts'
import { createHttpServer } from './http/server.ts'
import { createMeters } from './meters.ts'
import { connectOutbox, type ConnectedOutbox } from './outbox/connected.ts'
import { createKafkaOutbox } from './outbox/kafka.ts'
import { createLogWriter } from './outbox/writer.ts'
import { createPipeline } from './pipeline.ts'

/** How long until Kafka is asked again after it did not answer; each attempt has retries of its own. */
const reconnectMs = 1000

/** Starts the service: it answers at once and is ready when Kafka is. */
export async function startIngest(config: IngestConfig, faults: Faults): Promise<Running> {
  const log = createLogger({ service: 'ingest', level: config.LOG_LEVEL })
  const metrics = createMetrics('ingest')
  const meters = createMeters(metrics)
  const outbox = openOutbox(config, await openCatalog(config.SCHEMA_REGISTRY_URL), {
    brokers: config.KAFKA_BROKERS,
    clientId: 'cairn-ingest',
    log,
  })
  const missing = () => outbox.missing()
  const { server, stop } = createHttpServer({
    pipeline: createPipeline({
      writeKeys: config.WRITE_KEYS,
      outbox,
      faults,
      now: Date.now,
    }),
    meters,
    log,
    missing,
    metrics: config.METRICS_PORT === undefined ? () => metrics.text() : undefined,
    maxBatchBytes: config.MAX_BATCH_BYTES,
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    retryAfterSeconds: config.RETRY_AFTER_SECONDS,
    trustProxy: config.TRUST_PROXY,
    countryHeader: config.COUNTRY_HEADER,
  })
  const metricsServer =
    config.METRICS_PORT === undefined
      ? undefined
      : await serveMetrics(metrics, { host: config.METRICS_HOST, port: config.METRICS_PORT }, missing)
  const address = await server.listen({ host: config.HOST, port: config.PORT })
  log.info({ address, namespace: config.CAIRN_NAMESPACE, writeKeys: config.WRITE_KEYS.size }, 'listening')
  const ticks = setInterval(() => {
    outbox.tick()
    meters.queued(outbox.fullestBytes)
  }, config.TICK_INTERVAL_MS)

  return {
    ended: outbox.ended,
    async stop() {
      log.info('stopping')
      clearInterval(ticks)
      // Requests under way still need the outbox: the server waits for them before the outbox closes.
      await stop()
      await outbox.close()
      metricsServer?.close()
      log.info('stopped')
    },
  }
}

function openOutbox(config: IngestConfig, catalog: Catalog, connection: KafkaConnection): ConnectedOutbox {
  const namespace = config.CAIRN_NAMESPACE
  const writer = createLogWriter(() => openProducer(connection))
  const outbox = createKafkaOutbox({
    producer: writer,
    codec: createCodec(catalog),
    topics: {
      events: topicName(namespace, 'events'),
      orderEvents: topicName(namespace, 'order-events'),
      deadLetters: topicName(namespace, 'dead-letters'),
    },
    partitions: config.CAIRN_PARTITIONS,
    queueBytes: config.MAX_QUEUE_BYTES,
    timeoutMs: config.REQUEST_TIMEOUT_MS,
  })
  return connectOutbox({
    outbox,
    writer,
    queueBytes: config.MAX_QUEUE_BYTES,
    retryMs: reconnectMs,
    async prepare() {
      const topics = { namespace, partitions: config.CAIRN_PARTITIONS, replication: config.CAIRN_REPLICATION }
      const result = await ensureTopics(connection, topics)
      return result.ok ? result : { ...result, isFinal: result.reason === 'partition_count_differs' }
    },
  })
}
