import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Body } from './body.ts'
import type { Connection, Engine, Outcome } from './engine.ts'
import { DatabaseException } from './errors.ts'
import type { Gate } from './gate.ts'
import { utf8, type QueryRequest } from './request.ts'
import { chooseEncoding, sendComplete } from './respond.ts'
import { sendSelect } from './result.ts'
import { kill, marker, runKill, type RunningQueries } from './running.ts'
import { enterScope, literal } from './scope.ts'
import type { Lease, Sessions } from './sessions.ts'
import type { Spool } from './spool.ts'
import { classify, type Statement } from './statement.ts'

/** What every query works with. */
export interface Service {
  readonly engine: Engine
  /** Of statements in the engine; KILL QUERY goes past it. */
  readonly gate: Gate
  readonly sessions: Sessions
  readonly spool: Spool
  readonly running: RunningQueries
  readonly version: string
  readonly maxBodyBytes: number
  readonly maxBacklogBytes: number
}

/** A request that was let in. Of a form, `body` has been read already. */
export interface Exchange {
  readonly request: QueryRequest
  readonly message: IncomingMessage
  readonly response: ServerResponse
  readonly body: Body
}

/** A query on its way: what was asked, on which connection, and where its data and results go. */
interface Query extends Exchange {
  readonly service: Service
  readonly lease: Lease
  /** The statement; for an INSERT, the start of its data follows in the same bytes. */
  readonly bytes: Buffer
  /** Called before the client hears of the end, so that it can use its session and its query id again at once. */
  readonly ended: () => void
}

type Insert = Extract<Statement, { kind: 'insert' }>
type Plain = Exclude<Statement, Insert>

/** Runs the query of a request and sends its result. @throws DatabaseException as long as nothing was sent. */
export async function runQuery(service: Service, exchange: Exchange): Promise<void> {
  const { request, body } = exchange
  const end = service.running.begin(request.queryId)
  try {
    const { statement, bytes } = await readStatement(request, body)
    const lease = service.sessions.lease(request.session)
    const ended = () => {
      lease.release()
      end()
    }
    try {
      if (request.readOnly && !lease.fresh) refuseWriting(statement)
      await execute({ ...exchange, service, lease, bytes, ended }, statement)
    } finally {
      ended()
    }
  } finally {
    end()
  }
}

/** The statement is in the URL, in the body, or starts in the one and goes on in the other. INSERT data is left in the body. */
async function readStatement(request: QueryRequest, body: Body): Promise<{ statement: Statement; bytes: Buffer }> {
  const fromUrl = Buffer.from(request.query === undefined || request.query === '' ? '' : `${request.query}\n`)
  if (fromUrl.length > 0) {
    const statement = classify(fromUrl.toString('latin1'))
    if (statement.kind === 'insert') return { statement, bytes: fromUrl }
  }
  const head = await body.head(request.maxQueryBytes + 1)
  const bytes = fromUrl.length === 0 ? head.bytes : Buffer.concat([fromUrl, head.bytes])
  const statement = classify(bytes.toString('latin1'))
  if (statement.kind !== 'insert' && (!head.complete || bytes.length > request.maxQueryBytes + 1)) {
    throw DatabaseException.of(
      'SYNTAX_ERROR',
      `Syntax error: Max query size exceeded (max_query_size = ${request.maxQueryBytes}).`,
    )
  }
  return { statement, bytes }
}

async function execute(query: Query, statement: Statement): Promise<void> {
  switch (statement.kind) {
    case 'insert':
      await insert(query, statement)
      break
    case 'select':
      await select(query, statement)
      break
    case 'kill':
    case 'other':
      await small(query, statement)
  }
}

/** Data goes through a file: the only way in that takes every format, and it is mapped rather than copied by the engine. */
async function insert(query: Query, statement: Insert): Promise<void> {
  const { service, bytes, body } = query
  const path = service.spool.next()
  try {
    await body.spool(path, bytes.subarray(statement.dataFrom))
    const infile = `FROM INFILE ${literal(path)} COMPRESSION 'none' `
    const sql = `${textOf(bytes, 0, statement.infileAt)}${infile}${textOf(bytes, statement.infileAt, statement.formatAt)}FORMAT ${statement.format}`
    const outcome = await inScope(query, [infile], (connection) => connection.insert(marked(query, sql)))
    await reply(query, query.request.format, outcome)
  } finally {
    await service.spool.discard(path)
  }
}

async function select(query: Query, statement: Plain): Promise<void> {
  const { service, request, bytes } = query
  const path = service.spool.next()
  const format = statement.format?.name ?? request.format
  const own = statement.format === undefined ? `FORMAT ${formatName(format)}` : ''
  const outfile = `\nINTO OUTFILE ${literal(path)} ${own}`
  const at = statement.format?.start ?? statement.end
  const sql = `${textOf(bytes, 0, at)}${outfile}${textOf(bytes, at, statement.end)}`
  const outcome = inScope(query, [outfile], (connection) => connection.run(marked(query, sql), format))
  try {
    await sendSelect(query.response, request, {
      path,
      format,
      outcome,
      encoding: chooseEncoding(query.message.headers['accept-encoding']?.toString(), request),
      kill: () => service.engine.use((connection) => kill(connection, request.queryId)),
      maxBacklogBytes: service.maxBacklogBytes,
      version: service.version,
    })
  } finally {
    // Whatever went wrong with the response: the connection is closed next, which must not happen under a statement.
    await outcome.catch(() => undefined)
    await service.spool.discard(path)
  }
}

/** Everything whose result fits in memory. */
async function small(query: Query, statement: Extract<Statement, { kind: 'kill' | 'other' }>): Promise<void> {
  const format = statement.format?.name ?? query.request.format
  const sql = marked(query, textOf(query.bytes, 0, statement.end))
  const outcome =
    statement.kind === 'kill'
      ? await killing(query, statement.end, format)
      : await inScope(query, [], (connection) =>
          statement.inserts ? connection.insert(sql) : connection.run(sql, format),
        )
  await reply(query, format, outcome)
}

/** Past the gate, or the queries to be killed would keep it from its turn. */
async function killing(query: Query, end: number, format: string): Promise<Outcome> {
  const { bytes, lease, request } = query
  const leave = await enterScope(lease, request)
  try {
    return await runKill(
      lease.connection,
      bytes.toString('latin1', 0, end),
      (from, to) => textOf(bytes, from, to),
      format,
    )
  } finally {
    await leave()
    query.ended()
  }
}

/** Runs a statement when its turn comes, with the request's settings in force, and words its errors as if we had added nothing. */
async function inScope(
  query: Query,
  added: readonly string[],
  task: (connection: Connection) => Promise<Outcome>,
): Promise<Outcome> {
  const { lease, request, service } = query
  return await service.gate.run(async () => {
    const leave = await enterScope(lease, request)
    try {
      return await task(lease.connection)
    } catch (cause) {
      if (!(cause instanceof DatabaseException)) throw cause
      throw cause.rewritten((text) => conceal(text, marker(request.queryId), added))
    } finally {
      await leave()
      query.ended()
    }
  })
}

async function reply(query: Query, format: string, outcome: Outcome): Promise<void> {
  const encoding = chooseEncoding(query.message.headers['accept-encoding']?.toString(), query.request)
  await sendComplete(query.response, query.request, encoding, format, outcome)
}

function marked(query: Query, sql: string): string {
  return marker(query.request.queryId) + sql
}

/** Takes out of an error text what the front put into the statement: its marker, its files, and their share of positions. */
export function conceal(text: string, mark: string, added: readonly string[]): string {
  const shifted = (_: string, before: string, position: string) => `${before}${Number(position) - mark.length}`
  return added
    .reduce((shown, piece) => shown.replaceAll(piece.trim(), ''), text)
    .replaceAll(mark, '')
    .replace(/: \(in file\/uri [^)]*\)/g, '')
    .replace(/(failed at position )(\d+)/, shifted)
    .replace(/(\(line 1, col )(\d+)/, shifted)
}

function textOf(bytes: Buffer, from: number, to: number): string {
  return utf8(bytes.subarray(from, to), 'The statement contains bytes that are not UTF-8')
}

/** A format's name comes from a parameter and goes into the statement. */
function formatName(name: string): string {
  if (/^\w+$/.test(name)) return name
  throw DatabaseException.of('BAD_ARGUMENTS', `'${name}' is not the name of a format.`)
}

/** In a named session `readonly` could not be taken back, so a GET is held to statements that read. */
function refuseWriting(statement: Statement): void {
  if (statement.kind === 'select' || (statement.kind === 'other' && statement.reads)) return
  throw DatabaseException.of(
    'READONLY',
    'Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly.',
  )
}
