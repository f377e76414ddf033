import type { VisitorCodec } from '@cairn/domain'
import type { Codec, Faults, Logger, TakeoverOptions, TopicKind, TransactionEnd, Turns } from '@cairn/runtime'
import type { AttributionConfig } from '../config.ts'
import type { PartitionObserver } from '../observe-partition.ts'
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
  readonly memory: Memory
  /** Writes to the disks of all partitions. */
  readonly diskWrites: Turns
  /** For how long the state topic keeps the mark of a forgotten visitor at least. */
  readonly deletesKeptMs: number
  topic(kind: TopicKind): string
  /** The share of one partition in bytes that all partitions of the process have together, of those that are held now. */
  ofPartition(bytes: number): number
}

/** Is told what each partition holds in memory. */
export interface Memory {
  note(partition: number, bytes: number): void
}

/** What a partition holds in memory and on disk. */
export interface Held {
  readonly cacheBytes: number
  /** Since the partition was taken over. */
  readonly hits: number
  readonly misses: number
  readonly diskBytes: number
  /** Of states that the disk does not have yet: one who starts over reads them from the state topic. */
  readonly unstoredBytes: number
}

/** What the loops tell of themselves: metrics in production. */
export interface Observer extends PartitionObserver {
  held(partition: number, held: Held): void
  folded(tally: Tally): void
  transaction(end: TransactionEnd['end'], seconds: number, records: number): void
}
