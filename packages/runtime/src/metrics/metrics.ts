import { createServer, type Server } from 'node:http'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

export interface Metrics {
  counter<L extends string>(name: string, help: string, labels: readonly L[]): Counter<L>
  gauge<L extends string>(name: string, help: string, labels: readonly L[]): Gauge<L>
  histogram<L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    buckets: readonly number[],
  ): Histogram<L>
  /**
   * Drops what the gauges whose names begin with `prefix` say of a partition: of one that is held elsewhere, only its
   * holder may speak.
   */
  releasePartition(partition: number, prefix: string): Promise<void>
  /** Prometheus text format. */
  text(): Promise<string>
}

/** Names follow Prometheus: `cairn_<what>_<unit>[_total]`; labels never carry a visitor. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  const gauges: { readonly name: string; readonly gauge: Gauge }[] = []
  return {
    counter: (name, help, labels) => new Counter({ name, help, labelNames: [...labels], registers: [registry] }),
    gauge(name, help, labels) {
      const gauge = new Gauge({ name, help, labelNames: [...labels], registers: [registry] })
      gauges.push({ name, gauge })
      return gauge
    },
    histogram: (name, help, labels, buckets) =>
      new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets], registers: [registry] }),
    async releasePartition(partition, prefix) {
      for (const { name, gauge } of gauges) {
        if (!name.startsWith(prefix)) continue
        const { values } = await gauge.get()
        for (const { labels } of values) if (labels['partition'] === partition) gauge.remove(labels)
      }
    },
    text: () => registry.metrics(),
  }
}

export type { Counter, Gauge, Histogram }

/** Serves /metrics, /healthz and /readyz. `ready` returns what is missing, nothing when ready. */
export async function serveMetrics(
  metrics: Metrics,
  { host, port }: { readonly host: string; readonly port: number },
  ready: () => readonly string[],
): Promise<Server> {
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string) =>
      response.writeHead(status, { 'content-type': type }).end(body)
    switch (request.url) {
      case '/metrics':
        metrics.text().then(
          (text) => answer(200, 'text/plain; version=0.0.4', text),
          (error: unknown) => answer(500, 'text/plain', String(error)),
        )
        break
      case '/healthz':
        answer(200, 'application/json', '{"ok":true}')
        break
      case '/readyz': {
        const missing = ready()
        answer(
          missing.length === 0 ? 200 : 503,
          'application/json',
          JSON.stringify({ ok: missing.length === 0, missing }),
        )
        break
      }
      default:
        answer(404, 'text/plain', 'known are /metrics, /healthz and /readyz\n')
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return server
}
