import type { OrderCodec, OrderResult, OrderStatus } from '@cairn/domain'
import type {
  Codec,
  Faults,
  IdempotentProducer,
  Logger,
  TakeoverOptions,
  TopicKind,
  TransactionEnd,
  Turns,
} from '@cairn/runtime'
import type { AttributionConfig } from '../config.ts'
import type { PartitionObserver } from '../observe-partition.ts'

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
  /** Writes to the disks of all partitions, those of visitors among them. */
  readonly diskWrites: Turns
  /** For how long the state topic keeps the mark of a forgotten order at least. */
  readonly deletesKeptMs: number
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
export interface OrdersObserver extends PartitionObserver {
  folded(tally: OrdersTally): void
  transaction(end: TransactionEnd['end']): void
  /** Orders on disk, and the size of its files. */
  held(partition: number, orders: number, diskBytes: number): void
}
