import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { stateFolder } from './state-folder.ts'
import { until } from './until.ts'

export const repository = resolve(import.meta.dirname, '..', '..')

/** A service process of its own, for faults that end or halt it. */
export interface ServiceProcess {
  readonly pid: number
  /** The signal that ended it, null when it ended by itself. */
  readonly exited: Promise<NodeJS.Signals | null>
  hasExited(): boolean
  /** What it wrote and how it ended, for a failing test to show. */
  log(): string
  kill(signal: NodeJS.Signals): void
  stop(): Promise<void>
}

const running = new Set<ChildProcess>()

/** Starts `services/<service>/dist/main.js` under `root`, the repository unless a mutant of it is to be run. */
export function startProcess(
  service: string,
  env: Readonly<Record<string, string>>,
  root: string = repository,
): ServiceProcess {
  const child = spawn(process.execPath, [join(root, 'services', service, 'dist', 'main.js')], {
    env: { PATH: process.env['PATH'], LOG_LEVEL: 'warn', STATE_DIR: stateFolder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const exited = new Promise<NodeJS.Signals | null>((done) => {
    child.once('exit', (code, signal) => {
      running.delete(child)
      text += `${service} has ended: ${signal ?? `exit code ${code}`}\n`
      done(signal)
    })
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${service} could not be started`)
  return {
    pid,
    exited,
    hasExited: () => child.exitCode !== null || child.signalCode !== null,
    log: () => text,
    kill: (signal) => void child.kill(signal),
    async stop() {
      child.kill('SIGTERM')
      child.kill('SIGCONT')
      await exited
    },
  }
}

/** Lines of a service's log so far that have all of these in them. */
export function linesWith(process: ServiceProcess, ...parts: readonly string[]): string[] {
  const lines = process.log().split('\n')
  return lines.filter((line) => parts.every((part) => line.includes(part)))
}

/** Ends whatever a failed test has left. */
export async function endProcesses(): Promise<void> {
  await Promise.all(
    [...running].map(async (child) => {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    }),
  )
}

/** Resolves once a service says that nothing is missing; fails with its log when it has ended instead, or after a minute. */
export async function untilReady(service: ServiceProcess, metricsPort: number): Promise<void> {
  const deadline = performance.now() + 60_000
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${metricsPort}/readyz`).catch(() => undefined)
    if (answer?.ok === true) return
    const said = (await answer?.text()) ?? 'no answer'
    if (service.hasExited() || performance.now() > deadline) throw new Error(`not ready: ${said}\n${service.log()}`)
    await delay(20)
  }
}

/** Resolves once the process has halted itself at a fault point. */
export async function untilStopped(process: ServiceProcess): Promise<void> {
  await until(() => !process.hasExited() && isHalted(process.pid))
}

export function isHalted(pid: number): boolean {
  return stateOf(pid) === 'T'
}

/**
 * Waits until a fault has killed a process, for a minute.
 *
 * @param meanwhile done every second until then
 */
export async function endsByItsFault(
  victim: ServiceProcess,
  meanwhile: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const hasEnded = () => Promise.race([victim.exited.then(() => true), delay(1_000, false)])
  const deadline = performance.now() + 60_000
  while (!(await hasEnded())) {
    if (performance.now() > deadline) throw new Error(`its fault has not struck within a minute:\n${victim.log()}`)
    await meanwhile()
  }
  const end = await victim.exited
  if (end !== 'SIGKILL') throw new Error(`the worker ended with ${String(end)}, not by its fault:\n${victim.log()}`)
}

function stateOf(pid: number): string | undefined {
  return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]
}

/** Bytes a process has read since it began, from sockets too: what it has not read it cannot hold. */
export function bytesRead(pid: number): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1])
}
