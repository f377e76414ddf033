import { Agent, request } from 'node:http'
import { partitions } from '../log.ts'
import type { Bench } from '../environment.ts'
import { freePort, isReady } from '../metrics.ts'
import { startService, until, watchCpu, whileAlive } from '../processes.ts'
import type { Sample } from '../report.ts'

const connections = 16
const authorization = `Basic ${Buffer.from('bench:').toString('base64')}`

/** One ingest process, warmed up, under the load of a few busy connections from this one. */
export async function runIngest(
  bench: Bench,
  namespace: string,
  bodies: readonly Buffer[],
  batches: number,
): Promise<Sample> {
  const [port, metricsPort] = [await freePort(), await freePort()]
  const env = {
    PORT: String(port),
    METRICS_PORT: String(metricsPort),
    WRITE_KEYS: 'bench=shop',
    KAFKA_BROKERS: bench.connection.brokers.join(','),
    CAIRN_PARTITIONS: String(partitions),
    CAIRN_NAMESPACE: namespace,
  }
  const process = startService('ingest', 'ingest', env, bench.options.profile)
  try {
    await whileAlive(
      [process],
      until('ingest to be ready', () => isReady(metricsPort)),
    )
    const agent = new Agent({ keepAlive: true, maxSockets: connections })
    const load = (count: number) => whileAlive([process], send(agent, port, bodies, count))
    await load(Math.ceil(batches / 10))
    const cpu = watchCpu({ ingest: process.pid, ...bench.serverPids('kafka') })
    const startedAt = performance.now()
    const events = await load(batches)
    const seconds = (performance.now() - startedAt) / 1000
    agent.destroy()
    const peaks = { ingest: process.peakMb(), ...bench.serverPeaks('kafka') }
    return { value: events / seconds, peaks, cpu: cpu(events) }
  } finally {
    await process.stop()
  }
}

/** Keeps all connections busy until `count` batches are answered; the number of events taken. */
async function send(agent: Agent, port: number, bodies: readonly Buffer[], count: number): Promise<number> {
  let sent = 0
  let events = 0
  const client = async () => {
    while (sent < count) {
      const accepted = await post(agent, port, bodies[sent++ % bodies.length]!)
      events += accepted
    }
  }
  await Promise.all(Array.from({ length: connections }, client))
  return events
}

/** Sends a batch; resolves to the number of events the service took. */
export function post(agent: Agent, port: number, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization, 'content-type': 'application/json', 'content-length': body.length }
    const call = request({ host: '127.0.0.1', port, path: '/v1/batch', method: 'POST', agent, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => (text += chunk))
      answer.on('end', () => {
        const told = JSON.parse(text) as { accepted: number; refused: readonly unknown[] }
        if (answer.statusCode === 200 && told.refused.length === 0) resolve(told.accepted)
        else reject(new Error(`ingest answered ${String(answer.statusCode)}: ${text.slice(0, 500)}`))
      })
    })
    call.on('error', reject)
    call.end(body)
  })
}
