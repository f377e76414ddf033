import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { DatabaseException } from './errors.ts'

type Handle = object

/**
 * The native half of `chdb`.
 *
 * Used directly because `Session.close()` waits for every operation of the process, so that one long query would keep the
 * connection of each later request open, and because `rowsWritten` is only reported by the raw insert. Both are checked
 * by the conformance suite; the version of `chdb` is pinned for that reason.
 */
interface Addon {
  CreateConnection(path: string, args: readonly string[]): Handle
  CloseConnection(handle: Handle): void
  QueryAsyncConnection(handle: Handle, sql: string, format: string): Promise<RawResult>
  InsertRawAsyncConnection(handle: Handle, sql: string, data: Buffer, countLines: boolean): Promise<RawInsert>
}

interface RawResult {
  readonly bytes: Buffer
  readonly elapsed: number
  readonly rowsRead: number
  readonly bytesRead: number
}

interface RawInsert {
  readonly elapsed: number
  readonly rowsWritten: number
  readonly bytesWritten: number
}

/** What a statement did; `elapsedNs` in nanoseconds, sizes in bytes. */
export interface Outcome {
  readonly output: Buffer
  readonly readRows: number
  readonly readBytes: number
  readonly writtenRows: number
  readonly writtenBytes: number
  readonly elapsedNs: number
}

/** What differs between `clickhouse local`, which the library is, and a server. */
const serverDefaults = ['--implicit_select=0', '--allow_introspection_functions=0', '--storage_file_read_method=pread']

/**
 * One engine per process and data directory. Statements run on the threads of libuv's pool, never on the JavaScript thread,
 * and connections share data but neither settings, parameters, temporary tables nor the current database.
 */
export class Engine {
  readonly #addon: Addon
  readonly #path: string
  /** Keeps the engine itself alive while no request runs. */
  readonly #root: Handle

  /** Opens (or creates) the data directory. @throws when another process holds it or it cannot be loaded. */
  constructor(path: string) {
    this.#addon = loadAddon()
    this.#path = path
    this.#root = this.#addon.CreateConnection(path, serverDefaults)
  }

  connect(): Connection {
    return new Connection(this.#addon, this.#addon.CreateConnection(this.#path, serverDefaults))
  }

  /** A connection for one task of the front's own. */
  async use<T>(task: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = this.connect()
    try {
      return await task(connection)
    } finally {
      connection.close()
    }
  }

  /** Every connection must be closed before: the library aborts the process otherwise. */
  close(): void {
    this.#addon.CloseConnection(this.#root)
  }
}

/** A connection of the engine: one statement at a time. */
export class Connection {
  readonly #addon: Addon
  readonly #handle: Handle

  constructor(addon: Addon, handle: Handle) {
    this.#addon = addon
    this.#handle = handle
  }

  /** Runs a statement and keeps its output, in `format` unless it names its own, in memory. @throws DatabaseException */
  async run(sql: string, format: string): Promise<Outcome> {
    const raw = await this.#addon.QueryAsyncConnection(this.#handle, sql, format).catch(engineFailure)
    return {
      output: raw.bytes,
      readRows: raw.rowsRead,
      readBytes: raw.bytesRead,
      writtenRows: 0,
      writtenBytes: 0,
      elapsedNs: Math.round(raw.elapsed * 1e9),
    }
  }

  /** Runs an INSERT that brings its data (SELECT or FROM INFILE) and counts what it wrote, views included. */
  async insert(sql: string): Promise<Outcome> {
    const raw = await this.#addon.InsertRawAsyncConnection(this.#handle, sql, noData, false).catch(engineFailure)
    return {
      output: noData,
      readRows: raw.rowsWritten,
      readBytes: raw.bytesWritten,
      writtenRows: raw.rowsWritten,
      writtenBytes: raw.bytesWritten,
      elapsedNs: Math.round(raw.elapsed * 1e9),
    }
  }

  /** No statement may be running: closing under one aborts the process. */
  close(): void {
    this.#addon.CloseConnection(this.#handle)
  }
}

const noData = Buffer.alloc(0)

function engineFailure(cause: unknown): never {
  throw DatabaseException.fromEngine(cause)
}

function loadAddon(): Addon {
  const require = createRequire(import.meta.url)
  const loader = require(join(dirname(require.resolve('chdb')), 'dist', 'loader.js')) as { loadNative(): Addon }
  return loader.loadNative()
}
