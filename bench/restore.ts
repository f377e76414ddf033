import { rmSync } from 'node:fs'
import { openAttribution, stateFolder } from './attribution/ours.ts'
import type { Bench } from './environment.ts'
import { storefrontTraffic, wholeShop } from './fixture/traffic.ts'
import { partitions } from './log.ts'
import { readMetric } from './metrics.ts'
import { until, whileAlive } from './processes.ts'
import { perEvent, printMeasure, progress, type Sample } from './report.ts'

/** Short visits and some more of them than visitors, so that all of these come. */
const [eventsPerVisit, eventsPerVisitor] = [2, 2.5]

/**
 * Seconds until a worker that takes over every partition has the state of as many visitors as there are events elsewhere:
 * read from Kafka as a whole, and with the disk that the last worker has left.
 */
export async function restore(bench: Bench): Promise<void> {
  const visitors = bench.options.events
  const subject = await openAttribution(
    bench,
    'bench-restore',
    storefrontTraffic(Math.ceil(visitors * eventsPerVisitor), visitors, { ...wholeShop, meanEvents: eventsPerVisit }),
  )
  const samples = { restore: [] as Sample[], 'restore-warm': [] as Sample[] }
  try {
    const { worker, port } = await subject.start('attribution')
    await subject.caughtUp([port], [worker])
    await worker.stop()
    for (let run = 1; run <= bench.options.runs; run++) {
      rmSync(stateFolder, { recursive: true, force: true })
      for (const measure of ['restore', 'restore-warm'] as const) {
        const next = await subject.start('attribution')
        const seconds = await whileAlive(
          [next.worker],
          until('all partitions to be restored', () => restored(next.port)),
        )
        const cpu = { attribution: perEvent(next.worker.cpuSeconds(), visitors) }
        const peaks = { attribution: next.worker.peakMb(), ...bench.serverPeaks('kafka') }
        samples[measure].push({ value: seconds, peaks, cpu })
        progress(`${measure} run ${run}: ${seconds.toFixed(2)} s`)
        await next.worker.stop()
      }
    }
    printMeasure('restore', 's', samples.restore)
    printMeasure('restore-warm', 's', samples['restore-warm'])
  } finally {
    await subject.close()
  }
}

/** The partitions restore side by side, so the slowest tells. */
async function restored(port: number): Promise<number | undefined> {
  const seconds = [...(await readMetric(port, 'cairn_attribution_restore_seconds')).values()]
  return seconds.length === partitions ? Math.max(...seconds) : undefined
}
