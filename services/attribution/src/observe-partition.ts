import type { Logger, Metrics } from '@cairn/runtime'
import type { Discarded } from './stored/stored-state.ts'

/** What the loop of a partition tells of itself, whatever it folds. */
export interface PartitionObserver {
  /** @param isWarm whether the disk was of use */
  restored(partition: number, seconds: number, isWarm: boolean): void
  discarded(partition: number, reason: Discarded): void
  position(partition: number, position: number): void
  /** Whether the partition waits for a schema this process does not know. */
  blocked(partition: number, isBlocked: boolean): void
}

/** How it is told. */
export interface Told {
  /** Of the names of its metrics. */
  readonly prefix: string
  /** The topic it folds. */
  readonly input: string
  /** What it restores, as the log names it. */
  readonly what: string
}

/** That as metrics and log lines. */
export function observePartition(metrics: Metrics, log: Logger, { prefix, input, what }: Told): PartitionObserver {
  const restore = metrics.gauge(`${prefix}_restore_seconds`, 'Last takeover, from fence to first new event', [
    'partition',
  ])
  const discards = metrics.counter(
    `${prefix}_state_discarded_total`,
    'Disks of partitions that were thrown away, and made anew from Kafka, by why',
    ['partition', 'reason'],
  )
  const positions = metrics.gauge(`${prefix}_position`, `Next offset of topic ${input}`, ['partition'])
  const blocked = metrics.gauge(`${prefix}_blocked`, '1 while a partition waits, by what it waits for', [
    'partition',
    'reason',
  ])
  return {
    restored: (partition, seconds, isWarm) => {
      restore.set({ partition }, seconds)
      log.info({ partition, seconds, isWarm }, `${what} restored`)
    },
    discarded: (partition, reason) => {
      discards.inc({ partition, reason })
      log.warn({ partition, reason }, `the disk of the ${what} is of no use: the state is read from Kafka`)
    },
    position: (partition, position) => positions.set({ partition }, position),
    blocked: (partition, isBlocked) => blocked.set({ partition, reason: 'unknown_schema' }, isBlocked ? 1 : 0),
  }
}
