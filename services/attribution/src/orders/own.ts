import {
  createOrderCodec,
  createSupervision,
  openProducer,
  stateDeletesKeptMs,
  takeOwnership,
  type Codec,
  type Faults,
  type KafkaConnection,
  type Logger,
  type Metrics,
  type Ownership,
  type TakeoverPoint,
  type TopicKind,
  type Turns,
} from '@cairn/runtime'
import type { AttributionConfig } from '../config.ts'
import { runOrders } from './loop.ts'
import { createOrdersObserver } from './observe.ts'

export interface OrdersOptions {
  readonly config: AttributionConfig
  readonly connection: KafkaConnection
  readonly codec: Codec
  readonly faults: Faults
  readonly metrics: Metrics
  readonly log: Logger
  readonly topic: (kind: TopicKind) => string
  readonly diskWrites: Turns
}

/**
 * order-events → verdicts in events. In a group of its own: whose partitions of orders a worker has says nothing of whose
 * visitors it has.
 */
export async function ownOrders(options: OrdersOptions): Promise<Ownership> {
  const { config, connection, codec, faults, metrics, log, topic } = options
  const prefix = `${config.CAIRN_NAMESPACE}.orders`
  const stateTopic = topic('order-state')
  const shell = {
    ...options,
    orderCodec: createOrderCodec(codec),
    takeover: {
      connection,
      codec,
      transactionalPrefix: prefix,
      stateTopic,
      // Apart from those of visitors, since fault tests count how often a point is reached.
      faults: { reach: (point: TakeoverPoint) => faults.reach(`orders.${point}`) },
    },
    observe: createOrdersObserver(metrics, log),
    deletesKeptMs: await stateDeletesKeptMs(connection, stateTopic),
    openProducer: () => openProducer(connection),
  }
  return takeOwnership({
    connection,
    groupId: prefix,
    partitions: config.CAIRN_PARTITIONS,
    topics: [
      { kind: 'order-events', name: topic('order-events'), compacted: false },
      { kind: 'order-state', name: stateTopic, compacted: true },
    ],
    inboxBytes: config.INBOX_BYTES,
    sessionTimeoutMs: config.SESSION_TIMEOUT_MS,
    supervision: createSupervision({ service: 'orders', done: 'decided' }, metrics, log),
    own: (partition) => runOrders(shell, partition),
  })
}
