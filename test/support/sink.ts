import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { load, startSink } from '@cairn/sink'
import type { Running } from '@cairn/runtime'
import { brokers } from './kafka.ts'
import { clickhouse } from './warehouse.ts'
import { repository } from './workers.ts'

export const sinkPartitions = 2

function environment(namespace: string, settings: Readonly<Record<string, string>>): Record<string, string> {
  return {
    KAFKA_BROKERS: brokers().join(','),
    CAIRN_NAMESPACE: namespace,
    CAIRN_PARTITIONS: String(sinkPartitions),
    SESSION_TIMEOUT_MS: '6000',
    FLUSH_MS: '100',
    LOG_LEVEL: 'fatal',
    ...clickhouse(),
    ...settings,
  }
}

/** A sink in this process, on a namespace of the test's own. */
export async function sinkHere(namespace: string, settings: Readonly<Record<string, string>> = {}): Promise<Running> {
  const loaded = load(environment(namespace, settings))
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'))
  return startSink(loaded.config, { pid: process.pid, kill: (pid, signal) => process.kill(pid, signal) })
}

export interface Child {
  readonly pid: number
  signal(name: NodeJS.Signals): void
  /** How the process ended: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** What it wrote; nothing below `fatal` unless the settings say so. */
  log(): string
}

/** A sink in a process of its own, which may be killed. Runs the built code under `root`. */
export function sinkApart(
  namespace: string,
  settings: Readonly<Record<string, string>> = {},
  root: string = repository,
): Child {
  const child = spawn(process.execPath, [join(root, 'services', 'sink', 'dist', 'main.js')], {
    env: { ...environment(namespace, settings), PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return {
    pid: child.pid!,
    signal: (name) => void child.kill(name),
    ended: once(child, 'exit').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals),
    log: () => text,
  }
}
