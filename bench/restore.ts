import { openAttribution } from './attribution/ours.ts'
import type { Bench } from './environment.ts'
import { storefrontTraffic } from './fixture/traffic.ts'
import { partitions } from './log.ts'
import { readMetric } from './metrics.ts'
import { until, whileAlive } from './processes.ts'
import { perEvent, printMeasure, progress, type Sample } from './report.ts'

const eventsPerVisitor = 2

/** Seconds until a worker that takes over every partition has the state of as many visitors as there are events elsewhere. */
export async function restore(bench: Bench): Promise<void> {
  const visitors = bench.options.events
  const subject = await openAttribution(
    bench,
    'bench-restore',
    storefrontTraffic(visitors * eventsPerVisitor, visitors),
  )
  try {
    const { worker, port } = await subject.start('attribution')
    await subject.caughtUp([port], [worker])
    await worker.stop()
    const samples: Sample[] = []
    for (let run = 1; run <= bench.options.runs; run++) {
      const next = await subject.start('attribution')
      const seconds = await whileAlive(
        [next.worker],
        until('all partitions to be restored', () => restored(next.port)),
      )
      const cpu = { attribution: perEvent(next.worker.cpuSeconds(), visitors) }
      const peaks = { attribution: next.worker.peakMb(), ...bench.serverPeaks('kafka') }
      samples.push({ value: seconds, peaks, cpu })
      progress(`restore run ${run}: ${seconds.toFixed(2)} s`)
      await next.worker.stop()
    }
    printMeasure('restore', 's', samples)
  } finally {
    await subject.close()
  }
}

/** The partitions restore side by side, so the slowest tells. */
async function restored(port: number): Promise<number | undefined> {
  const seconds = [...(await readMetric(port, 'cairn_attribution_restore_seconds')).values()]
  return seconds.length === partitions ? Math.max(...seconds) : undefined
}
