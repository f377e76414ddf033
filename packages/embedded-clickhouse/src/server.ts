import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { authenticate, type Credentials } from './auth.ts'
import { Body } from './body.ts'
import { DatabaseException, unsupported } from './errors.ts'
import { parseForm } from './multipart.ts'
import { runQuery, type Service } from './query.ts'
import { parseParameters, readRequest, type Pair } from './request.ts'
import { sendError } from './respond.ts'

/** As ClickHouse announces it; clients close idle connections before. */
const keepAliveMs = 10_000
/** Statements and parameters may come in the URL, which counts as a header here; ClickHouse takes 1 MiB of it. */
const maxHeaderBytes = 1_114_112
/** Of a form with a query and its parameters, which is read into memory. */
const maxFormBytes = 67_108_864

export interface ServerOptions {
  readonly credentials: Credentials
  /** Queries that run or wait; more are refused with code 202. */
  readonly maxQueries: number
  readonly hostName: string
  readonly timezone: string
}

/** The HTTP interface. `active` is the number of queries that have not ended yet. */
export interface Front {
  readonly server: Server
  active(): number
}

export function createFront(service: Service, options: ServerOptions): Front {
  let active = 0
  const server = createServer({ keepAliveTimeout: keepAliveMs, maxHeaderSize: maxHeaderBytes }, (message, response) => {
    const route = routeOf(message)
    response.setHeader('X-ClickHouse-Server-Display-Name', options.hostName)
    // While stopping, a connection serves the request it has begun and no more.
    if (!server.listening) response.setHeader('Connection', 'close')
    if (route !== 'query') {
      sendFixed(response, route)
      return
    }
    active += 1
    void answer(service, options, message, response, active)
      .catch((cause: unknown) => sendError(response, cause, service.version))
      .finally(() => (active -= 1))
  })
  return { server, active: () => active }
}

type Route = 'query' | 'ok' | 'unknown'

function routeOf(message: IncomingMessage): Route {
  const reads = message.method === 'GET' || message.method === 'HEAD'
  const url = message.url ?? '/'
  const path = url.split('?', 1)[0]
  if (reads && (path === '/ping' || path === '/replicas_status' || url === '/')) return 'ok'
  return path === '/' || path === '' ? 'query' : 'unknown'
}

function sendFixed(response: ServerResponse, route: 'ok' | 'unknown'): void {
  response.req.resume()
  const text = route === 'ok' ? 'Ok.\n' : 'There is no such path: use /, /ping or /replicas_status.\n'
  response.writeHead(route === 'ok' ? 200 : 404, {
    'Content-Type': 'text/plain; charset=UTF-8',
    'Content-Length': text.length,
  })
  response.end(text)
}

async function answer(
  service: Service,
  options: ServerOptions,
  message: IncomingMessage,
  response: ServerResponse,
  active: number,
): Promise<void> {
  if (!['GET', 'HEAD', 'POST'].includes(message.method ?? ''))
    throw unsupported(`HTTP ${message.method ?? ''}`, 'use GET or POST')
  const inUrl = parseParameters((message.url ?? '').split('?').slice(1).join('?'))
  authenticate(message, inUrl, options.credentials)
  if (active > options.maxQueries) throw tooMany(options.maxQueries)
  const body = new Body(message, service.maxBodyBytes)
  const request = readRequest(message, [...inUrl, ...(await formParameters(message, body))])
  const timezone = request.settings.find(([name]) => name === 'session_timezone')?.[1] ?? ''
  response.setHeader('X-ClickHouse-Query-Id', headerText(request.queryId))
  response.setHeader('X-ClickHouse-Timezone', headerText(timezone === '' ? options.timezone : timezone))
  await runQuery(service, { message, response, request, body })
}

async function formParameters(message: IncomingMessage, body: Body): Promise<Pair[]> {
  const contentType = message.headers['content-type'] ?? ''
  if (!contentType.toLowerCase().startsWith('multipart/form-data')) return []
  const form = await body.head(maxFormBytes)
  if (form.complete) return parseForm(form.bytes, contentType)
  throw DatabaseException.of(
    'TOO_MANY_BYTES',
    `The form is larger than ${maxFormBytes} bytes: insert large values into a table.`,
  )
}

/** A header carries no line ends and no characters beyond latin1. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (character) => encodeURIComponent(character))
}

function tooMany(limit: number): DatabaseException {
  return DatabaseException.of(
    'TOO_MANY_SIMULTANEOUS_QUERIES',
    `Too many simultaneous queries: ${limit} are running or waiting. Send fewer at a time, or start the server with a higher --max-queries.`,
  )
}
