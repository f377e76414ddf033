import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { ProcessIdentity } from '@cairn/stack'
import { repository } from './workers.ts'

export interface Ready {
  readonly ready: boolean
  readonly ingest: string
  readonly clickhouse: string
  readonly database: string
  readonly kafka: string
  readonly writeKeys: Readonly<Record<string, string>>
}

export interface Finished {
  readonly exit: number | null
  readonly out: string
  readonly err: string
}

export interface RunningUp {
  readonly ready: Ready
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  /** What it has said so far. */
  said(): string
  readonly exited: Promise<number | null>
  stop(): Promise<number | null>
  /** The test sees to its end itself. */
  disown(): void
}

type Environment = Readonly<Record<string, string | undefined>>

/** A directory of the test file's own, in which its commands run. */
export const dir = mkdtempSync(join(tmpdir(), 'cairn-cli-'))
/** The data directory of the instance that `up` runs. */
export const data = join(dir, 'data')
/** Other test files use the same broker and engine, at the same time or before, in the same process. */
export const namespace = `cli-${randomBytes(4).toString('hex')}`
const live = new Set<RunningUp>()

/** The command as a process of its own, in the test file's namespace; `env` replaces variables of the test run's. */
export function start(args: readonly string[], env: Environment = {}): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [join(repository, 'packages', 'cli', 'bin', 'cairn.js'), ...args], {
    cwd: dir,
    env: { ...process.env, CAIRN_NAMESPACE: namespace, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs the command to its end. */
export function cairn(...args: string[]): Promise<Finished> {
  return cairnWith({}, ...args)
}

/** The same with other servers, or other settings, in its environment. */
export async function cairnWith(env: Environment, ...args: string[]): Promise<Finished> {
  const child = start(args, env)
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const [exit] = (await once(child, 'close')) as [number | null]
  return { exit, out, err }
}

/** Starts an instance on the run's shared broker and engine; returns when it is ready. */
export function up(...args: string[]): Promise<RunningUp> {
  return upWith({}, ...args)
}

/** Starts one with other servers, or other settings, in its environment. */
export async function upWith(env: Environment, ...args: string[]): Promise<RunningUp> {
  const child = start(['up', '--data', data, '--json', ...args], env)
  let err = ''
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const exited = once(child, 'close').then(([code]) => code as number | null)
  const line = await Promise.race([
    once(child.stdout, 'data').then(([chunk]) => String(chunk)),
    exited.then((code) => Promise.reject(new Error(`cairn up ended with ${String(code)}: ${err}`))),
  ])
  const running: RunningUp = {
    ready: JSON.parse(line) as Ready,
    child,
    said: () => err,
    disown: () => void live.delete(running),
    exited,
    async stop() {
      live.delete(running)
      child.kill('SIGINT')
      return exited
    },
  }
  live.add(running)
  return running
}

/** The services of a running instance, in the order they were started. */
export function childrenOf(dataDir: string): readonly ProcessIdentity[] {
  const lock = JSON.parse(readFileSync(join(dataDir, 'lock.json'), 'utf8')) as { readonly children: ProcessIdentity[] }
  return lock.children
}

/** Writes a file into the directory the commands run in. */
export function file(name: string, content: string): string {
  const path = join(dir, name)
  writeFileSync(path, content)
  return path
}

/** Stops what a test has left running. */
export async function stopAll(): Promise<void> {
  await Promise.all([...live].map((running) => running.stop()))
}

export function removeAll(): void {
  rmSync(dir, { recursive: true })
}
