import type { OrderCodec, OrderResult, OrderStatus } from '@cairn/domain'
import type {
  Codec,
  Faults,
  IdempotentProducer,
  Logger,
  TakeoverOptions,
  TopicKind,
  TransactionEnd,
} from '@cairn/runtime'
import type { AttributionConfig } from '../config.ts'

/** What the loop of a partition of orders needs of the world. */
export interface OrdersShell {
  readonly config: AttributionConfig
  readonly codec: Codec
  readonly orderCodec: OrderCodec
  readonly takeover: TakeoverOptions
  readonly faults: Faults
  readonly observe: OrdersObserver
  readonly log: Logger
  readonly topic: (kind: TopicKind) => string
  /** Verdicts are written outside transactions: topic events has no transactional writer. */
  readonly openProducer: () => Promise<IdempotentProducer>
}

/** What became of records of order-events. */
export interface OrdersTally {
  records: number
  readonly results: Map<OrderResult, number>
  readonly verdicts: Map<OrderStatus, number>
  /** Dead letters by reason. */
  readonly dead: Map<string, number>
}

/** What the loops tell of themselves: metrics in production. */
export interface OrdersObserver {
  restored(partition: number, seconds: number): void
  folded(tally: OrdersTally): void
  transaction(end: TransactionEnd['end']): void
  position(partition: number, position: number): void
  /** Orders that are remembered, and the bytes of their states. */
  held(partition: number, orders: number, bytes: number): void
  /** Whether the partition waits for a schema this process does not know. */
  blocked(partition: number, isBlocked: boolean): void
}
