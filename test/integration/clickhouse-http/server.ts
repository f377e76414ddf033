import { createClient, type ClickHouseClient } from '@clickhouse/client'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const program = resolve(import.meta.dirname, '..', '..', '..', 'packages', 'embedded-clickhouse', 'dist', 'main.js')

/** A ClickHouse over HTTP, wherever it comes from. */
export interface Target {
  readonly url: string
  readonly user: string
  readonly password: string
  stop(): Promise<void>
}

/** The server of CLICKHOUSE_URL, or an embedded one started for this test file. */
export async function target(): Promise<Target> {
  const { CLICKHOUSE_URL: url, CLICKHOUSE_USER: user = 'default', CLICKHOUSE_PASSWORD: password = '' } = process.env
  if (url !== undefined && url !== '') return { url, user, password, stop: () => Promise.resolve() }
  const dataDir = await newDirectory()
  const front = await startFront(dataDir)
  if (!front.ready) throw new Error(front.errors)
  const stop = async () => {
    await front.end('SIGTERM')
    await rm(dataDir, { recursive: true, force: true })
  }
  return { url: front.url, user: 'default', password: '', stop }
}

export async function newDirectory(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'embedded-clickhouse-'))
}

export interface Front {
  readonly ready: true
  readonly url: string
  readonly process: ChildProcess
  readonly pid: number
  /** Sends a signal and waits for the end; its exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>
}

/** Starts the embedded server as a process of its own, as users do. */
export async function startFront(
  dataDir: string,
  options: readonly string[] = [],
  env: Readonly<Record<string, string>> = { UV_THREADPOOL_SIZE: '12' },
): Promise<Front | { readonly ready: false; readonly code: number | null; readonly errors: string }> {
  const child = spawn(process.execPath, [program, '--data', dataDir, '--port', '0', ...options], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const line = await Promise.race([firstLine(child), exited])
  if (typeof line !== 'string') return { ready: false, code: line[0], errors }
  const { url } = JSON.parse(line) as { url: string }
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    const [code, endedBy] = await exited
    return code ?? endedBy
  }
  return { ready: true, url, process: child, pid: child.pid!, end }
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of child.stdout!.setEncoding('utf8')) {
    text += String(chunk)
    if (text.includes('\n')) return text
  }
  return await new Promise<never>(() => undefined)
}

export function headersOf(server: Pick<Target, 'user' | 'password'>): Record<string, string> {
  return { 'X-ClickHouse-User': server.user, 'X-ClickHouse-Key': server.password }
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Requests to one database of a server; the database is made and dropped by the suite. */
export class Http {
  readonly #server: Target
  readonly #database: string

  constructor(server: Target, database: string) {
    this.#server = server
    this.#database = database
  }

  get headers(): Record<string, string> {
    return headersOf(this.#server)
  }

  url(parameters: Readonly<Record<string, string | number>> = {}): string {
    const search = new URLSearchParams({ database: this.#database })
    for (const [name, value] of Object.entries(parameters)) search.set(name, String(value))
    return `${this.#server.url}/?${search.toString()}`
  }

  /** POSTs a statement and reads the whole answer, whatever its status. */
  async ask(body: string | Uint8Array, parameters: Readonly<Record<string, string | number>> = {}): Promise<Answer> {
    const response = await fetch(this.url(parameters), {
      method: 'POST',
      headers: this.headers,
      body: typeof body === 'string' ? body : new Uint8Array(body),
    })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  /** The result as text without its last line end. @throws when the answer is an error. */
  async query(statement: string, parameters: Readonly<Record<string, string | number>> = {}): Promise<string> {
    const { status, text } = await this.ask(statement, parameters)
    if (status !== 200) throw new Error(text)
    return text.replace(/\n$/, '')
  }

  async bytes(statement: string, parameters: Readonly<Record<string, string | number>> = {}): Promise<Buffer> {
    const response = await fetch(this.url(parameters), { method: 'POST', headers: this.headers, body: statement })
    if (response.status !== 200) throw new Error(await response.text())
    return Buffer.from(await response.arrayBuffer())
  }

  client(): ClickHouseClient {
    const { url, user, password } = this.#server
    return createClient({ url, username: user, password, database: this.#database, log: { level: 127 } })
  }

  static async create(server: Target, database: string): Promise<Http> {
    await new Http(server, 'default').query(`DROP DATABASE IF EXISTS ${database}`)
    await new Http(server, 'default').query(`CREATE DATABASE ${database}`)
    return new Http(server, database)
  }

  async drop(): Promise<void> {
    await new Http(this.#server, 'default').query(`DROP DATABASE ${this.#database}`)
  }
}

/** What the error text and header agree on. */
export function codeOf(answer: Answer): number {
  const inText = Number(/^Code: (\d+)\. DB::Exception: [^]*\([A-Z_]+\)/.exec(answer.text)?.[1])
  const inHeader = Number(answer.headers.get('x-clickhouse-exception-code'))
  if (inText !== inHeader) throw new Error(`the header says ${inHeader}, the text is: ${answer.text}`)
  return inHeader
}
