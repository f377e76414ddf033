import type { FastifyInstance } from 'fastify'

/**
 * Makes a server that can be stopped without cutting a request off. Closing alone would wait for clients that keep
 * their connection after their last answer, or hold one on which they never asked anything.
 */
export function stopping(server: FastifyInstance): () => Promise<void> {
  let underWay = 0
  let isStopping = false
  let finished: (() => void) | undefined

  server.addHook('onRequest', (_request, reply, done) => {
    underWay++
    // Not the hook onResponse: it never comes for a client that went away before it had sent its request.
    reply.raw.once('close', () => {
      underWay--
      if (underWay === 0) finished?.()
    })
    done()
  })
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (isStopping) void reply.header('connection', 'close')
    done(null, payload)
  })

  return async () => {
    isStopping = true
    const closed = server.close()
    await new Promise<void>((resolve) => {
      finished = resolve
      if (underWay === 0) resolve()
    })
    server.server.closeAllConnections()
    await closed
  }
}
