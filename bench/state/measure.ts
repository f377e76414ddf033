import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench } from '../environment.ts'
import { benchFolder, repository, startProcess } from '../processes.ts'
import { progress } from '../report.ts'

const cacheBytes = 256 * 1024 * 1024

/**
 * Visitors of 29 days through the fold and onto the disk: what memory and disk they take, how fast the first, the last and
 * those who return are folded, and how long a restart takes with that disk and without it. One partition, without Kafka;
 * what reading the state from Kafka takes, `restore` tells.
 */
export async function state({ options }: Bench): Promise<void> {
  const folder = join(benchFolder, 'visitors')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const { visitors } = options
  const fill = await child('fill', folder, visitors)
  const warm = await child('warm', folder, visitors)
  const rebuild = await child('rebuild', folder, visitors)
  process.stdout.write(`${JSON.stringify({ measure: 'state', visitors, fill, warm, rebuild })}\n`)
  rmSync(folder, { recursive: true, force: true })
}

async function child(command: string, folder: string, visitors: number): Promise<unknown> {
  progress(`state: ${command}`)
  const script = join(repository, 'bench', 'state', 'child.ts')
  const args = ['--no-warnings', script, command, folder, String(visitors), String(cacheBytes)]
  const started = startProcess(`state-${command}`, process.execPath, args)
  const { code } = await started.exited
  const printed = started.log()
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}:\n${printed.slice(-2000)}`)
  progress(`state: ${command} ${printed.trim()}`)
  return JSON.parse(printed) as unknown
}
