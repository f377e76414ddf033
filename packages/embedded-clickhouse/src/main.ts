import { parseArgs } from 'node:util'
import { startEmbeddedClickHouse, type StartOptions } from './start.ts'

const usage = `Usage: node main.js --data DIR --port N [--host 127.0.0.1] [--user default] [--password ''] [--max-body-bytes N]
  [--max-backlog-bytes N] [--max-queries N] [--stop-timeout-ms N]
`

const options = readOptions()
if (typeof options === 'string') {
  process.stderr.write(`${options}\n${usage}`)
  process.exit(2)
}
const started = await startEmbeddedClickHouse(options)
if (!started.ok) {
  process.stderr.write(`${started.message}\n`)
  process.exit(1)
}
const { url, stop } = started.clickhouse
// After the start, because the engine's library sets handlers of its own while it opens.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop().then(() => process.exit(0)))
process.stdout.write(`${JSON.stringify({ ready: true, url })}\n`)

/** The options of the command line, or what is wrong with them. */
function readOptions(): StartOptions | string {
  let values
  try {
    values = parseArgs({
      options: {
        data: { type: 'string' },
        port: { type: 'string' },
        host: { type: 'string' },
        user: { type: 'string' },
        password: { type: 'string' },
        'max-body-bytes': { type: 'string' },
        'max-backlog-bytes': { type: 'string' },
        'max-queries': { type: 'string' },
        'stop-timeout-ms': { type: 'string' },
      },
    }).values
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
  const port = wholeNumber(values.port)
  if (values.data === undefined || port === undefined) return '--data and --port are needed.'
  return {
    dataDir: values.data,
    port,
    ...(values.host !== undefined && { host: values.host }),
    ...(values.user !== undefined && { user: values.user }),
    ...(values.password !== undefined && { password: values.password }),
    ...limit('maxBodyBytes', values['max-body-bytes']),
    ...limit('maxBacklogBytes', values['max-backlog-bytes']),
    ...limit('maxQueries', values['max-queries']),
    ...limit('stopTimeoutMs', values['stop-timeout-ms']),
  }
}

function limit(name: 'maxBodyBytes' | 'maxBacklogBytes' | 'maxQueries' | 'stopTimeoutMs', text: string | undefined) {
  const value = wholeNumber(text)
  return value === undefined ? {} : { [name]: value }
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}
