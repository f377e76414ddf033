import type { Catalog, Codec, Faults, Logger, TakeoverOptions, TopicKind, Warehouse } from '@cairn/runtime'
import type { SinkConfig } from './config.ts'
import type { Observer } from './observe.ts'

/** What the loops need of the world. */
export interface Shell {
  readonly config: SinkConfig
  readonly catalog: Catalog
  readonly codec: Codec
  readonly warehouse: Warehouse
  readonly takeover: TakeoverOptions
  readonly faults: Faults
  readonly observe: Observer
  readonly log: Logger
  /** UTC milliseconds. */
  readonly now: () => number
  /** Milliseconds that go on while the process is stopped and never jump. */
  readonly monotonic: () => number
  topic(kind: TopicKind): string
}

/** The two ways a loop is told to end. */
export interface Ends {
  /** Aborted when what follows could no longer be written: the partition is lost, or a loop beside this one failed. */
  readonly signal: AbortSignal
  /** Aborted when the service stops: what is begun may be finished. */
  readonly stopping: AbortSignal
}
