import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench } from '../environment.ts'
import { benchFolder, repository, startProcess } from '../processes.ts'
import { progress } from '../report.ts'
import { brokenLimits, type Filled, type Rebuilt, type Warm } from './limits.ts'

const cacheBytes = 256 * 1024 * 1024

/**
 * Visitors of 29 days through the fold and onto the disk: what memory and disk they take, how fast the first, the last and
 * those who return are folded, and how long a restart takes with that disk and without it. One partition, without Kafka;
 * what reading the state from Kafka takes, `restore` tells. Then orders of half a year in the same way, in four partitions.
 * Fails where five million visitors or more do not keep within their limits.
 */
export async function state({ options }: Bench): Promise<void> {
  const { visitors, orders } = options
  const broken: string[] = []
  await inFolder('visitors', async (folder) => {
    const args = [folder, String(visitors), String(cacheBytes)]
    const fill = (await child('child', 'fill', args)) as Filled
    const warm = (await child('child', 'warm', args)) as Warm
    const rebuild = (await child('child', 'rebuild', args)) as Rebuilt
    process.stdout.write(`${JSON.stringify({ measure: 'state', visitors, fill, warm, rebuild })}\n`)
    broken.push(...brokenLimits(visitors, { fill, warm, rebuild }))
  })
  await inFolder('orders', async (folder) => {
    const args = [folder, String(orders)]
    const fill = await child('order-child', 'fill', args)
    const warm = await child('order-child', 'warm', args)
    process.stdout.write(`${JSON.stringify({ measure: 'state', orders, fill, warm })}\n`)
  })
  if (broken.length > 0) throw new Error(`state of ${visitors} visitors: ${broken.join('; ')}`)
}

async function inFolder(name: string, measure: (folder: string) => Promise<void>): Promise<void> {
  const folder = join(benchFolder, name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  await measure(folder)
  rmSync(folder, { recursive: true, force: true })
}

async function child(script: string, command: string, args: readonly string[]): Promise<unknown> {
  progress(`state: ${script} ${command}`)
  const file = join(repository, 'bench', 'state', `${script}.ts`)
  const started = startProcess(`state-${script}-${command}`, process.execPath, [
    '--no-warnings',
    file,
    command,
    ...args,
  ])
  const { code } = await started.exited
  const printed = started.log()
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}:\n${printed.slice(-2000)}`)
  progress(`state: ${script} ${command} ${printed.trim()}`)
  return JSON.parse(printed) as unknown
}
