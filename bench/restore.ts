import { rmSync } from 'node:fs'
import { openAttribution, stateFolder } from './attribution/ours.ts'
import type { Bench } from './environment.ts'
import { storefrontTraffic, wholeShop } from './fixture/traffic.ts'
import { partitions } from './log.ts'
import { readMetric } from './metrics.ts'
import { until, whileAlive, type Measured } from './processes.ts'
import { perEvent, printMeasure, progress, type Sample } from './report.ts'
import { AnonPeak, overMemory } from './state/memory.ts'

const anonymousPeak = 'attribution, anonymous'

/** Short visits and some more of them than visitors, so that all of these come. */
const [eventsPerVisit, eventsPerVisitor] = [2, 2.5]

/**
 * Seconds until a worker that takes over every partition has the state of as many visitors as there are events elsewhere:
 * read from Kafka as a whole, and with the disk that the last worker has left, which was stopped or killed. Each is told
 * as the service tells it, from its fence on, and `since-start` from the start of the process on, with what it takes to
 * join the group: after a kill, for as long as a session of the group lasts. `restore-backlog` is what came before: a
 * worker that folds all of them as fast as it can. Fails where one takes more memory than it may.
 */
export async function restore(bench: Bench): Promise<void> {
  const visitors = bench.options.events
  const subject = await openAttribution(
    bench,
    'bench-restore',
    storefrontTraffic(Math.ceil(visitors * eventsPerVisitor), visitors, { ...wholeShop, meanEvents: eventsPerVisit }),
  )
  const samples = new Map<string, Sample[]>()
  const broken: string[] = []
  const endPeak = (name: string, peak: AnonPeak): number => {
    const mb = peak.end()
    broken.push(...overMemory(name, mb))
    return mb
  }
  const note = (measure: string, run: number, sample: Sample) => {
    samples.set(measure, [...(samples.get(measure) ?? []), sample])
    progress(`${measure} run ${run}: ${sample.value.toFixed(2)} s ${JSON.stringify(sample.peaks)}`)
  }
  const takeOver = async (measure: string, run: number): Promise<Measured> => {
    const startedAt = performance.now()
    const { worker, port } = await subject.start('attribution')
    const anonymous = new AnonPeak(worker.pid)
    const seconds = await whileAlive(
      [worker],
      until('all partitions to be restored', () => restored(port)),
    )
    const sinceStart = (performance.now() - startedAt) / 1000
    const peaks = {
      attribution: worker.peakMb(),
      [anonymousPeak]: endPeak(`${measure} run ${run}`, anonymous),
      ...bench.serverPeaks('kafka'),
    }
    note(measure, run, { value: seconds, peaks, cpu: { attribution: perEvent(worker.cpuSeconds(), visitors) } })
    note(`${measure}-since-start`, run, { value: sinceStart, peaks })
    return worker
  }
  const foldBacklog = async (): Promise<Measured> => {
    const startedAt = performance.now()
    const { worker, port } = await subject.start('attribution')
    const anonymous = new AnonPeak(worker.pid)
    await subject.caughtUp([port], [worker])
    const seconds = (performance.now() - startedAt) / 1000
    note('restore-backlog', 1, {
      value: seconds,
      peaks: { attribution: worker.peakMb(), [anonymousPeak]: endPeak('restore-backlog', anonymous) },
    })
    return worker
  }
  try {
    await (await foldBacklog()).stop()
    for (let run = 1; run <= bench.options.runs; run++) {
      rmSync(stateFolder, { recursive: true, force: true })
      await (await takeOver('restore', run)).stop()
      process.kill((await takeOver('restore-warm', run)).pid, 'SIGKILL')
      await (await takeOver('restore-killed', run)).stop()
    }
    for (const [measure, taken] of samples) printMeasure(measure, 's', taken)
    if (broken.length > 0) throw new Error(`restore of ${visitors} visitors: ${broken.join('; ')}`)
  } finally {
    await subject.close()
  }
}

/** The partitions restore side by side, so the slowest tells. */
async function restored(port: number): Promise<number | undefined> {
  const seconds = [...(await readMetric(port, 'cairn_attribution_restore_seconds')).values()]
  return seconds.length === partitions ? Math.max(...seconds) : undefined
}
