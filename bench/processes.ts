import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { endProcess, startChild, type Exit } from '@cairn/stack'
import { perEvent, type Cpu } from './report.ts'

export const repository = resolve(import.meta.dirname, '..')
export const benchFolder = join(repository, '.cairn', 'bench')

/** A process under measurement. */
export interface Measured {
  readonly name: string
  readonly pid: number
  readonly exited: Promise<Exit>
  /** What it has written so far. */
  log(): string
  /** Highest resident memory so far, MB; the last known once it has ended. NaN where /proc does not tell. */
  peakMb(): number
  /** Processor time so far, seconds; the last known once it has ended. NaN where /proc does not tell. */
  cpuSeconds(): number
  stop(): Promise<void>
}

const stopTimeoutMs = 60_000
const running = new Set<Measured>()

export function startProcess(name: string, command: string, args: readonly string[], env: Environment = {}): Measured {
  const logFile = join(benchFolder, 'logs', `${name}.log`)
  mkdirSync(join(benchFolder, 'logs'), { recursive: true })
  rmSync(logFile, { force: true })
  const { identity, exited } = startChild({ command, args, env: { ...inherited(), ...env }, logFile })
  if (identity === undefined) throw new Error(`${name} could not be started: ${command} ${args.join(' ')}`)
  let peak = NaN
  let cpu = NaN
  const started: Measured = {
    name,
    pid: identity.pid,
    exited,
    log: () => readFileSync(logFile, 'utf8'),
    peakMb: () => (peak = peakMbOf(identity.pid) ?? peak),
    cpuSeconds: () => (cpu = cpuSecondsOf(identity.pid) ?? cpu),
    async stop() {
      started.peakMb()
      await endProcess(identity, stopTimeoutMs)
      await exited
    },
  }
  running.add(started)
  void exited.then(() => running.delete(started))
  return started
}

type Environment = Readonly<Record<string, string>>

/** A service as production runs it; `profile` writes a CPU profile when it ends. */
export function startService(
  name: string,
  service: 'ingest' | 'attribution' | 'sink',
  env: Environment,
  profile: boolean,
): Measured {
  const flags = profile ? ['--cpu-prof', `--cpu-prof-dir=${join(benchFolder, 'profiles')}`] : []
  return startProcess(name, process.execPath, [...flags, join(repository, 'services', service, 'dist', 'main.js')], env)
}

/** Ends whatever an interrupted or failed measure has left. */
export async function stopProcesses(): Promise<void> {
  await Promise.all([...running].map((one) => one.stop()))
}

/** Fails as soon as one of the processes has ended, with the end of its log; `work` is what they are needed for. */
export async function whileAlive<T>(processes: readonly Measured[], work: Promise<T>): Promise<T> {
  const deaths = processes.map(async (one) => {
    const { code, signal } = await one.exited
    throw new Error(`${one.name} ended with ${signal ?? `code ${String(code)}`}:\n${one.log().slice(-2000)}`)
  })
  return Promise.race([work, ...deaths])
}

/** Asks every `pollMs` until the answer is not undefined. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  { pollMs = 100, timeoutMs = 600_000 } = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`)
    await delay(pollMs)
  }
}

/** VmHWM of a process, MB. */
export function peakMbOf(pid: number): number | undefined {
  try {
    const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return found === null ? undefined : Math.round(Number(found[1]) / 1024)
  } catch {
    return undefined
  }
}

/** What Linux counts processor time in, on every machine that Node runs on. */
const ticksPerSecond = 100

/** User and system time of a process and its threads, seconds. */
export function cpuSecondsOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Fields 14 and 15; the second is a name in brackets, which may hold anything.
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(afterName[11]) + Number(afterName[12])) / ticksPerSecond
  } catch {
    return undefined
  }
}

/** Processor time that processes take from now on; asked while they run, it tells microseconds of one of `events` by name. */
export function watchCpu(pids: Readonly<Record<string, number>>): (events: number) => Cpu {
  const read = () => Object.entries(pids).map(([name, pid]) => [name, cpuSecondsOf(pid) ?? NaN] as const)
  const before = new Map(read())
  return (events) =>
    Object.fromEntries(read().map(([name, seconds]) => [name, perEvent(seconds - (before.get(name) ?? NaN), events)]))
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'JAVA_HOME'].flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
