// Stands in for the embedded engine where only its life as a process matters: same options, same ready line, answers /ping.
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    port: { type: 'string' },
    user: { type: 'string' },
    password: { type: 'string' },
  },
})
const server = createServer((_request, response) => response.end('Ok.\n'))
server.listen(Number(values.port), '127.0.0.1', () => {
  console.log(JSON.stringify({ ready: true, url: `http://127.0.0.1:${values.port}` }))
})
process.once('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
