import type { Logger } from '../log/log.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Supervision } from './supervision.ts'

/**
 * What is told of the loops of a service's partitions, as metrics: the same ones for each service. `done` says in their
 * help what a record is once the service is done with it.
 */
export function createSupervision(
  { service, done }: { readonly service: string; readonly done: string },
  metrics: Metrics,
  log: Logger,
): Supervision {
  const name = (what: string) => `cairn_${service}_${what}`
  const running = metrics.gauge(
    name('partition_running'),
    '1 for a partition that is worked on, 0 while it is taken over, starts over or stands still',
    ['partition'],
  )
  const stopped = metrics.gauge(name('partition_stopped'), '1 for a partition that stands still until somebody acts', [
    'partition',
    'reason',
  ])
  const restarts = metrics.counter(name('partition_restarts_total'), 'Times a partition started over', ['reason'])
  const records = metrics.gauge(name('lag_records'), `Records that are not ${done} yet, whatever the partition does`, [
    'topic',
    'partition',
  ])
  const seconds = metrics.gauge(
    name('lag_seconds'),
    `Age of the oldest record that is not ${done} yet, 0 without one; of one that was not read yet, the time since it was first seen to be there`,
    ['topic', 'partition'],
  )
  return {
    log,
    onStarting: (partition) => running.set({ partition }, 0),
    onRunning: (partition) => running.set({ partition }, 1),
    onRestart(partition, reason) {
      running.set({ partition }, 0)
      restarts.inc({ reason })
    },
    onStopped(partition, reason) {
      running.set({ partition }, 0)
      stopped.set({ partition, reason }, 1)
    },
    onLag(partition, topic, lag) {
      records.set({ topic, partition }, lag.records)
      seconds.set({ topic, partition }, lag.seconds)
    },
    onReleased: (partition) => void metrics.releasePartition(partition, name('')),
  }
}
