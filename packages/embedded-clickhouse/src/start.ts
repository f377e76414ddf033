import { mkdirSync } from 'node:fs'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Engine } from './engine.ts'
import { Gate } from './gate.ts'
import { lockDirectory } from './lock.ts'
import type { Service } from './query.ts'
import { killAll, RunningQueries } from './running.ts'
import { createFront, type Front } from './server.ts'
import { Sessions } from './sessions.ts'
import { Spool } from './spool.ts'

export interface StartOptions {
  readonly dataDir: string
  /** 0 takes a free one. */
  readonly port: number
  readonly host?: string
  readonly user?: string
  readonly password?: string
  /** Of one request, decompressed. */
  readonly maxBodyBytes?: number
  /** Of a result that its client has not read yet. */
  readonly maxBacklogBytes?: number
  /** Queries that run or wait. */
  readonly maxQueries?: number
  /** How long `stop` lets running queries finish before it kills them. */
  readonly stopTimeoutMs?: number
}

export interface EmbeddedClickHouse {
  readonly url: string
  readonly port: number
  /** Refuses new queries, lets running ones finish, closes the engine. */
  readonly stop: () => Promise<void>
}

export type StartResult =
  | { readonly ok: true; readonly clickhouse: EmbeddedClickHouse }
  | {
      readonly ok: false
      readonly reason: 'data-directory-in-use' | 'data-directory-unusable' | 'port-unavailable'
      readonly message: string
    }

const gibibyte = 1024 ** 3
/** Threads of libuv's pool when UV_THREADPOOL_SIZE is not set. */
const defaultPoolThreads = 4

/**
 * Starts ClickHouse over HTTP on a data directory, which is created when missing.
 *
 * Statements run on libuv's threads, all but one, which stays free for files and compression: with the default pool of 4 that
 * is 3 at a time, the others wait. `UV_THREADPOOL_SIZE` in the environment of the process makes it more.
 */
export async function startEmbeddedClickHouse(options: StartOptions): Promise<StartResult> {
  const directory = resolve(options.dataDir)
  if (/[*?{}]/.test(directory)) {
    const message = `The data directory ${directory} has a character of * ? { } in its path, which the engine reads as a pattern: use another.`
    return { ok: false, reason: 'data-directory-unusable', message }
  }
  mkdirSync(directory, { recursive: true })
  const lock = lockDirectory(directory)
  if (!lock.held) return { ok: false, reason: 'data-directory-in-use', message: lock.reason }
  let engine: Engine
  try {
    engine = new Engine(join(directory, 'engine'))
  } catch (cause) {
    lock.release()
    const message = `The engine cannot open ${directory}: ${cause instanceof Error ? cause.message : String(cause)}`
    return { ok: false, reason: 'data-directory-unusable', message }
  }
  const spool = new Spool(join(directory, 'spool'))
  const release = () => {
    engine.close()
    spool.close()
    lock.release()
  }
  const { service, front } = await assemble(engine, spool, options)
  const host = options.host ?? '127.0.0.1'
  const problem = await listen(front, options.port, host)
  if (problem !== undefined) {
    release()
    return { ok: false, reason: 'port-unavailable', message: `Cannot listen on ${host}:${options.port}: ${problem}.` }
  }
  const { port } = front.server.address() as AddressInfo
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= shutDown(front, service, options.stopTimeoutMs ?? 10_000).then(release))
  return { ok: true, clickhouse: { url: `http://${host}:${port}`, port, stop } }
}

async function assemble(
  engine: Engine,
  spool: Spool,
  options: StartOptions,
): Promise<{ service: Service; front: Front }> {
  const { output } = await engine.use((connection) => connection.run('SELECT version(), timezone()', 'TabSeparated'))
  const [version = '', timezone = ''] = output.toString('utf8').trim().split('\t')
  const service: Service = {
    engine,
    gate: new Gate(Math.max(1, poolThreads() - 1)),
    sessions: new Sessions(engine),
    spool,
    running: new RunningQueries(),
    version,
    maxBodyBytes: options.maxBodyBytes ?? gibibyte,
    maxBacklogBytes: options.maxBacklogBytes ?? 16 * gibibyte,
  }
  const front = createFront(service, {
    credentials: { user: options.user ?? 'default', password: options.password ?? '' },
    maxQueries: options.maxQueries ?? 128,
    hostName: hostname(),
    timezone,
  })
  return { service, front }
}

function poolThreads(): number {
  const configured = Number(process.env['UV_THREADPOOL_SIZE'])
  return Number.isInteger(configured) && configured > 0 ? configured : defaultPoolThreads
}

async function listen(front: Front, port: number, host: string): Promise<string | undefined> {
  front.server.listen(port, host)
  try {
    await once(front.server, 'listening')
    return undefined
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}

async function shutDown(front: Front, service: Service, timeoutMs: number): Promise<void> {
  const closed = new Promise((done) => front.server.close(done))
  const deadline = performance.now() + timeoutMs
  while (front.active() > 0 && performance.now() < deadline) {
    front.server.closeIdleConnections()
    await delay(10)
  }
  // Requests whose body never ends, and results nobody reads, end with their connections; statements by being killed.
  front.server.closeAllConnections()
  while (front.active() > 0) {
    await service.engine.use(killAll)
    await delay(50)
  }
  await closed
  service.sessions.close()
}
