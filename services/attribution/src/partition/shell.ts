import type { VisitorCodec } from '@cairn/domain'
import type { Codec, Faults, Logger, TakeoverOptions, TopicKind, TransactionEnd } from '@cairn/runtime'
import type { AttributionConfig } from '../config.ts'
import type { Tally } from './working-fold.ts'

/** What the loop of a partition needs of the world. */
export interface Shell {
  readonly config: AttributionConfig
  readonly codec: Codec
  readonly visitorCodec: VisitorCodec
  readonly takeover: TakeoverOptions
  readonly faults: Faults
  readonly observe: Observer
  readonly log: Logger
  topic(kind: TopicKind): string
}

/** What the loops tell of themselves: metrics in production. */
export interface Observer {
  restored(partition: number, seconds: number): void
  folded(tally: Tally): void
  transaction(end: TransactionEnd['end'], seconds: number, records: number): void
  position(partition: number, position: number): void
  /** Whether the partition waits for a schema this process does not know. */
  blocked(partition: number, isBlocked: boolean): void
}
