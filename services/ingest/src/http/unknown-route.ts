import type { FastifyInstance } from 'fastify'
import type { Meters } from '../meters.ts'
import { refusedWhole } from './answer.ts'
import { calls } from './calls.ts'
import { statusOf } from './reasons.ts'

/** Answers what is no route with the routes there are: the mistake is most often a method or a path nearby. */
export function answerUnknownRoutes(
  server: FastifyInstance,
  { meters, metrics }: { readonly meters: Meters; readonly metrics: unknown },
): void {
  const routes = [
    ...calls.map(([path]) => `POST ${path}`),
    'GET /healthz',
    'GET /readyz',
    ...(metrics === undefined ? [] : ['GET /metrics']),
  ]
  server.setNotFoundHandler((request, reply) => {
    meters.rejected('unknown_route')
    const message = `there is no ${request.method} ${request.url.replace(/\?.*/s, '')}; "routes" lists what there is`
    return reply.code(statusOf.unknown_route).send({ ...refusedWhole({ reason: 'unknown_route', message }), routes })
  })
}
