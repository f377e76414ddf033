import { join } from 'node:path'
import type { Bench } from '../environment.ts'
import { startProcess } from '../processes.ts'
import { perEvent, type Sample } from '../report.ts'

export interface BareJob {
  /** Topic whose records are sent again. */
  readonly from: string
  readonly to: string
  /** Distinct records to take. */
  readonly pool: number
  readonly events: number
}

/** A process with nothing but a kafkajs producer: bench/ingest/bare-producer.ts. */
export async function runBareProducer({ connection, serverPeaks }: Bench, job: BareJob): Promise<Sample> {
  const script = join(import.meta.dirname, 'bare-producer.ts')
  const args = [script, connection.brokers.join(','), JSON.stringify(job)]
  const process = startProcess('bare-producer', globalThis.process.execPath, ['--no-warnings', ...args])
  const sampling = setInterval(() => process.peakMb(), 200)
  await process.exited
  clearInterval(sampling)
  const told = /seconds=(\S+) cpu_us=(\d+)/.exec(process.log())
  if (told === null) throw new Error(`the bare producer failed:\n${process.log().slice(-2000)}`)
  return {
    value: job.events / Number(told[1]),
    peaks: { 'bare-producer': process.peakMb(), ...serverPeaks('kafka') },
    cpu: { 'bare-producer': perEvent(Number(told[2]) / 1e6, job.events) },
  }
}
