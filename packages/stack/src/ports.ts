import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { refuse, type Refused } from './refusal.ts'

/**
 * Below the ranges from which systems take the local ports of outgoing connections (32768 on Linux, 49152 elsewhere):
 * a client that keeps dialling a stopped server in such a range can occupy its port, or even connect to itself.
 */
const searched = { from: 20_000, to: 32_000 }

export type PortsResult = { readonly ok: true; readonly ports: readonly number[] } | Refused

/** `count` ports from `first` on; refused when one of them is taken. */
export async function fixedPorts(first: number, count: number): Promise<PortsResult> {
  const ports = consecutive(first, count)
  for (const port of ports) {
    if (!(await isFree(port))) {
      return refuse('port-in-use', `Port ${port} on 127.0.0.1 is taken; free it or choose another port base.`)
    }
  }
  return { ok: true, ports }
}

/**
 * `count` free ports for whoever owns `recordFile`: the ones it had before when they are still free, so that a restart keeps
 * its addresses, else the first free ones from a place in the range that depends on the file's path.
 */
export async function rememberedPorts(recordFile: string, count: number): Promise<PortsResult> {
  const before = readPorts(recordFile)
  if (before?.length === count && (await allFree(before))) return { ok: true, ports: before }
  const slots = Math.floor((searched.to - searched.from) / count)
  const start = createHash('sha256').update(recordFile).digest().readUInt32BE() % slots
  for (let step = 0; step < slots; step++) {
    const ports = consecutive(searched.from + ((start + step) % slots) * count, count)
    if (!(await allFree(ports))) continue
    mkdirSync(dirname(recordFile), { recursive: true })
    writeFileSync(recordFile, JSON.stringify(ports))
    return { ok: true, ports }
  }
  return refuse(
    'port-in-use',
    `No free port on 127.0.0.1 between ${searched.from} and ${searched.to}; stop what holds them.`,
  )
}

function consecutive(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => first + at)
}

function readPorts(recordFile: string): readonly number[] | undefined {
  return existsSync(recordFile) ? (JSON.parse(readFileSync(recordFile, 'utf8')) as readonly number[]) : undefined
}

async function allFree(ports: readonly number[]): Promise<boolean> {
  for (const port of ports) if (!(await isFree(port))) return false
  return true
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)))
  })
}
