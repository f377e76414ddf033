import type { FastifyInstance } from 'fastify'

/**
 * Makes a server that can be stopped without cutting a request off. Closing alone would wait for clients that keep
 * their connection after their last answer, or hold one on which they never asked anything.
 */
export function stopping(server: FastifyInstance): () => Promise<void> {
  let underWay = 0
  let isStopping = false
  let finished: (() => void) | undefined

  server.addHook('onRequest', (_request, _reply, done) => {
    underWay++
    done()
  })
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (isStopping) void reply.header('connection', 'close')
    done(null, payload)
  })
  server.addHook('onResponse', (_request, _reply, done) => {
    underWay--
    if (underWay === 0) finished?.()
    done()
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
