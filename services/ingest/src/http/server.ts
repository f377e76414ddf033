import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { MessageType } from '@cairn/domain'
import type { Logger } from '@cairn/runtime'
import type { Meters } from '../meters.ts'
import type { Pipeline } from '../pipeline.ts'
import { httpAnswer, refusedWhole } from './answer.ts'
import { calls } from './calls.ts'
import { allowAnyOrigin } from './cors.ts'
import { writeKeyOf } from './credentials.ts'
import { inflated } from './inflate.ts'
import { statusOf, type HttpRefusal } from './reasons.ts'
import { answerUnknownRoutes } from './unknown-route.ts'
import { stopping } from './stop.ts'

export interface HttpOptions {
  readonly pipeline: Pipeline
  readonly meters: Meters
  readonly log: Logger
  /** Why the service can't take events now; empty when it can. */
  readonly missing: () => readonly string[]
  /** Prometheus text; undefined when metrics have a port of their own. */
  readonly metrics: (() => Promise<string>) | undefined
  readonly maxBatchBytes: number
  readonly requestTimeoutMs: number
  readonly retryAfterSeconds: number
  /** Proxies whose X-Forwarded-For is believed: none, all, or their addresses and networks, comma separated. */
  readonly trustProxy: boolean | string
  /** Header in which a proxy names the client's country; empty for none. */
  readonly countryHeader: string
}

export interface HttpServer {
  readonly server: FastifyInstance
  /** Takes no new request, answers those under way and lets go of every connection. */
  readonly stop: () => Promise<void>
}

export function createHttpServer(options: HttpOptions): HttpServer {
  const server = fastify({
    bodyLimit: options.maxBatchBytes,
    requestTimeout: options.requestTimeoutMs,
    trustProxy: options.trustProxy,
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => void refuse(error, request, reply, options),
  })
  const stop = stopping(server)
  readBodies(server)
  allowAnyOrigin(server)
  for (const [path, type] of calls) server.post(path, (request, reply) => accept(request, reply, type, options))
  probes(server, options)
  answerUnknownRoutes(server, options)
  server.setErrorHandler<FastifyError>((error, request, reply) => refuse(error, request, reply, options))
  return { server, stop }
}

/** Bodies stay bytes here. sendBeacon and analytics.js send JSON as text/plain to avoid a preflight request. */
function readBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers()
  const asBytes = { parseAs: 'buffer' } as const
  const keep = (_request: FastifyRequest, body: Buffer) => Promise.resolve(body)
  server.addContentTypeParser(/^application\/(?:[\w.-]+\+)?json(?:\s*;|$)/i, asBytes, keep)
  server.addContentTypeParser(/^text\/plain(?:\s*;|$)/i, asBytes, keep)
}

async function accept(
  request: FastifyRequest,
  reply: FastifyReply,
  type: MessageType | undefined,
  options: HttpOptions,
): Promise<FastifyReply> {
  const { headers } = request
  const encoding = headers['content-encoding']
  const opened = await inflated(bodyOf(request), encoding, options.maxBatchBytes)
  if (!opened.ok) return reject(opened.reason, detailOf(opened.reason, encoding, options), reply, options)
  const began = performance.now()
  const country = options.countryHeader === '' ? undefined : headers[options.countryHeader]
  const answer = await options.pipeline({
    type,
    writeKey: writeKeyOf(headers.authorization),
    body: opened.body,
    address: request.ip,
    userAgent: headers['user-agent'] ?? '',
    country: typeof country === 'string' ? country : '',
  })
  options.meters.answered(answer, (performance.now() - began) / 1000)
  const { status, headers: extra, body } = httpAnswer(answer, options.retryAfterSeconds)
  return reply.code(status).headers(extra).send(body)
}

function detailOf(reason: HttpRefusal, encoding: string | undefined, options: HttpOptions): string {
  return reason === 'batch_too_large' ? limitOf(options) : `content-encoding: ${String(encoding)}`
}

function limitOf({ maxBatchBytes }: HttpOptions): string {
  return `it is ${maxBatchBytes}`
}

function bodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
}

function probes(server: FastifyInstance, { missing, metrics }: HttpOptions): void {
  server.get('/healthz', (_request, reply) => reply.send({ ok: true }))
  server.get('/readyz', (_request, reply) => {
    const problems = missing()
    return reply.code(problems.length === 0 ? 200 : 503).send({ ok: problems.length === 0, missing: problems })
  })
  if (metrics === undefined) return
  server.get('/metrics', async (_request, reply) => reply.type('text/plain; version=0.0.4').send(await metrics()))
}

const adviceOf: Readonly<Record<Exclude<HttpRefusal, 'unknown_route'>, string>> = {
  batch_too_large: 'the body is larger than MAX_BATCH_BYTES allows; send fewer messages at once',
  unsupported_content_type: 'send JSON as application/json or text/plain',
  unsupported_encoding: 'send the body plain or with gzip, deflate or br',
  invalid_encoding: 'the body does not inflate; check that it is complete',
  bad_request: 'the request is not valid HTTP',
  internal_error: 'the events could not be taken; send them again',
}

function reject(
  reason: keyof typeof adviceOf,
  detail: string,
  reply: FastifyReply,
  { meters }: HttpOptions,
): FastifyReply {
  meters.rejected(reason)
  const message = detail === '' ? adviceOf[reason] : `${adviceOf[reason]} (${detail})`
  return reply.code(statusOf[reason]).send(refusedWhole({ reason, message }))
}

function refuse(error: FastifyError, request: FastifyRequest, reply: FastifyReply, options: HttpOptions): FastifyReply {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return reject('batch_too_large', limitOf(options), reply, options)
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return reject(
      'unsupported_content_type',
      `content-type: ${String(request.headers['content-type'])}`,
      reply,
      options,
    )
  if (error.statusCode !== undefined && error.statusCode < 500)
    return reject('bad_request', error.message, reply, options)
  options.log.error({ err: error, route: request.url }, 'request failed')
  return reject('internal_error', '', reply, options)
}
