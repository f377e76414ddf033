import type { Logger } from '../log/log.ts'
import type { OwnedPartition } from './ownership.ts'
import type { Lag } from './progress.ts'
import type { TopicKind } from './topic-names.ts'
import { OwnershipLost, PartitionStopped, ProducerSpent, type StopReason } from './stopped.ts'

/** `recycled`: nothing failed, the partition's producer was due for replacement. */
export type RestartReason = 'fenced' | 'failed' | 'recycled'

/** What is told about the loops, beyond the log. */
export interface Supervision {
  readonly log: Logger
  /** The loop begins: it takes over. */
  onStarting(partition: number): void
  /** The takeover is over. */
  onRunning(partition: number): void
  onRestart(partition: number, reason: RestartReason): void
  onStopped(partition: number, reason: StopReason): void
  /** Regularly for as long as the partition is held, whatever its loop does. */
  onLag(partition: number, topic: TopicKind, lag: Lag): void
  /** The group has given the partition to another member, and its loop here has ended. */
  onReleased(partition: number): void
}

export interface Supervised {
  readonly ended: Promise<void>
  /** Why the loop stands still until somebody acts. */
  stopped(): StopReason | undefined
  rejoined(): void
}

const backoff = { firstMs: 200, maxMs: 30_000 }
/** A fenced loop waits for the group's word, else two owners that each believe in theirs would fence each other for ever. */
const fencedWaitMs = 10_000

/** Runs the loop of a partition again after a failure, until the partition is lost, the service stops or it may not go on. */
export function supervise(
  partition: OwnedPartition,
  own: (partition: OwnedPartition) => Promise<void>,
  supervision: Supervision,
): Supervised {
  let onRejoin: () => void = () => undefined
  let stopReason: StopReason | undefined

  async function run(): Promise<void> {
    for (let failures = 0; ; failures++) {
      if (isOver(partition)) return
      supervision.onStarting(partition.partition)
      const startedAt = performance.now()
      try {
        await own(partition)
        return
      } catch (error) {
        if (partition.lost.aborted) return
        if (error instanceof PartitionStopped) {
          stopReason = error.reason
          stopped(partition.partition, error, supervision)
          return
        }
        if (performance.now() - startedAt > backoff.maxMs) failures = 0
        const reason = restartReason(error)
        supervision.onRestart(partition.partition, reason)
        supervision.log.warn(
          { partition: partition.partition, reason, attempt: failures + 1, err: error },
          'partition starts over',
        )
        await pause(partition, waitMs(reason, failures), reason === 'fenced' ? (wake) => (onRejoin = wake) : undefined)
      }
    }
  }

  return { ended: run(), stopped: () => stopReason, rejoined: () => onRejoin() }
}

function isOver(partition: OwnedPartition): boolean {
  return partition.lost.aborted || partition.stopping.aborted
}

function restartReason(error: unknown): RestartReason {
  if (error instanceof OwnershipLost) return 'fenced'
  return error instanceof ProducerSpent ? 'recycled' : 'failed'
}

function waitMs(reason: RestartReason, failures: number): number {
  if (reason === 'recycled') return 0
  return reason === 'fenced' ? fencedWaitMs : Math.min(backoff.maxMs, backoff.firstMs * 2 ** failures)
}

function stopped(partition: number, error: PartitionStopped, supervision: Supervision): void {
  supervision.onStopped(partition, error.reason)
  supervision.log.error({ partition, reason: error.reason, err: error }, 'partition stopped: it needs somebody to act')
}

function pause(partition: OwnedPartition, ms: number, onWake?: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      partition.lost.removeEventListener('abort', done)
      partition.stopping.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    partition.lost.addEventListener('abort', done)
    partition.stopping.addEventListener('abort', done)
    onWake?.(done)
  })
}
