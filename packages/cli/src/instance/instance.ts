import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isAlive, ownerOf, type ProcessIdentity } from '@cairn/stack'
import { CommandFailure, exitCode, text, type Io, type Values } from '../command.ts'
import type { WriteKeys } from './write-keys.ts'

/** Where a running instance is reached; `cairn up` leaves it in its data directory for the other commands. */
export interface Instance {
  /** The process that runs it: what a killed one leaves is not taken for that of a later process of its number. */
  readonly owner: ProcessIdentity
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
  readonly writeKeys: WriteKeys
  /** Metrics address of each service process, by its name. */
  readonly metrics: Readonly<Record<string, string>>
}

export function dataDirectory(values: Values, io: Pick<Io, 'cwd'>): string {
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
export function findInstance(values: Values, io: Pick<Io, 'cwd'>): Instance {
  const dataDir = dataDirectory(values, io)
  const instance = readInstance(fileOf(dataDir))
  if (instance !== undefined && isAlive(instance.owner)) return instance
  const owner = ownerOf(dataDir)
  if (owner !== undefined)
    throw new CommandFailure(
      exitCode.unavailable,
      `process ${owner.pid} is still starting or stopping what runs on ${dataDir}: try again when it says so`,
    )
  throw new CommandFailure(
    exitCode.unavailable,
    `nothing runs on ${dataDir}: start it with "cairn up --data ${dataDir}", or name another directory with --data`,
  )
}

/** Undefined also where what a killed process, or one of an earlier version, has left cannot be read. */
function readInstance(file: string): Instance | undefined {
  if (!existsSync(file)) return undefined
  try {
    const left = JSON.parse(readFileSync(file, 'utf8')) as Partial<Instance>
    return left.owner === undefined ? undefined : (left as Instance)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function fileOf(dataDir: string): string {
  return join(dataDir, 'instance.json')
}
