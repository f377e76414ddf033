import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CommandFailure, exitCode, text, type Io, type Values } from '../command.ts'

/** Where a running instance is reached; `cairn up` leaves it in its data directory for the other commands. */
export interface Instance {
  readonly pid: number
  readonly namespace: string
  readonly partitions: number
  readonly kafka: readonly string[]
  /** The registry that gives schema ids; schemas/avro/ids.json without one. */
  readonly schemaRegistry?: string
  readonly ingest: string
  readonly clickhouse: {
    readonly url: string
    readonly user: string
    readonly password: string
    readonly database: string
  }
  /** Site by write key. */
  readonly writeKeys: Readonly<Record<string, string>>
  /** Metrics address of each service process, by its name. */
  readonly metrics: Readonly<Record<string, string>>
}

export function dataDirectory(values: Values, io: Io): string {
  return resolve(io.cwd, text(values, 'data') ?? '.cairn/data')
}

export function writeInstance(dataDir: string, instance: Instance): void {
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(fileOf(dataDir), `${JSON.stringify(instance, null, 2)}\n`, { mode: 0o600 })
}

export function removeInstance(dataDir: string): void {
  rmSync(fileOf(dataDir), { force: true })
}

/** The instance of the data directory; a failure that says how to start one when there is none. */
export function findInstance(values: Values, io: Io): Instance {
  const dataDir = dataDirectory(values, io)
  const instance = readInstance(fileOf(dataDir))
  if (instance !== undefined && isAlive(instance.pid)) return instance
  throw new CommandFailure(
    exitCode.unavailable,
    `nothing runs on ${dataDir}: start it with "cairn up --data ${dataDir}", or name another directory with --data`,
  )
}

/** Undefined also where what a killed process has left cannot be read. */
function readInstance(file: string): Instance | undefined {
  if (!existsSync(file)) return undefined
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Instance
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function fileOf(dataDir: string): string {
  return join(dataDir, 'instance.json')
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
