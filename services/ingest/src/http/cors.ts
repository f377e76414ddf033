import type { FastifyInstance } from 'fastify'

/**
 * Lets any page send events: the write key says which shop they are for, and it is public in every page of that shop.
 * The origin is named instead of `*` because sendBeacon sends with credentials, for which browsers refuse `*`.
 */
export function allowAnyOrigin(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers
    if (origin !== undefined) {
      void reply.header('access-control-allow-origin', origin)
      void reply.header('access-control-allow-credentials', 'true')
      void reply.header('access-control-expose-headers', 'retry-after')
      void reply.header('vary', 'origin')
    }
    done()
  })
  server.options('/v1/*', (_request, reply) =>
    reply
      .header('access-control-allow-methods', 'POST')
      .header('access-control-allow-headers', 'authorization, content-type, content-encoding')
      .header('access-control-max-age', '86400')
      .code(204)
      .send(),
  )
}
