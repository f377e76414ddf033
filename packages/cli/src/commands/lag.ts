import { dataOption, exitCode, type Command } from '../command.ts'
import { findInstance, type Instance } from '../instance/instance.ts'

interface Lag {
  readonly service: string
  readonly topic: string
  readonly partition: number
  readonly records: number
  readonly seconds: number
}

export const lag: Command = {
  name: 'lag',
  operands: '',
  summary: 'Shows how far each service is behind, in records and seconds.',
  options: { ...dataOption, json: { type: 'boolean', help: 'print a JSON array' } },
  async run(values, _, io) {
    const { lags, silent } = await collect(findInstance(values, io))
    if (values['json'] === true) io.out(`${JSON.stringify(lags)}\n`)
    else io.out(table(lags))
    for (const name of silent) io.err(`cairn lag: ${name} does not answer\n`)
    return silent.length === 0 ? exitCode.ok : exitCode.no
  },
}

async function collect({ metrics }: Instance): Promise<{ lags: Lag[]; silent: string[] }> {
  const silent: string[] = []
  const lags: Lag[] = []
  for (const [name, url] of Object.entries(metrics)) {
    const service = name.replace(/-\d+$/, '')
    if (service === 'ingest') continue
    try {
      lags.push(...parseLags(service, await (await fetch(url)).text()))
    } catch {
      silent.push(name)
    }
  }
  return {
    lags: lags.sort(
      (a, b) => a.service.localeCompare(b.service) || a.topic.localeCompare(b.topic) || a.partition - b.partition,
    ),
    silent,
  }
}

/** Reads `cairn_<service>_lag_records` and `_lag_seconds` from the Prometheus text format. */
export function parseLags(service: string, exposition: string): Lag[] {
  const found = new Map<string, { topic: string; partition: number; records: number; seconds: number }>()
  for (const [, what, labels = '', value] of exposition.matchAll(
    /^cairn_[a-z]+_lag_(records|seconds)\{([^}]*)\} (\S+)$/gm,
  )) {
    const topic = /topic="([^"]*)"/.exec(labels)?.[1] ?? 'events'
    const partition = Number(/partition="(\d+)"/.exec(labels)?.[1])
    const key = `${topic}-${partition}`
    const entry = found.get(key) ?? { topic, partition, records: 0, seconds: 0 }
    found.set(key, { ...entry, [what as string]: Number(value) })
  }
  return [...found.values()].map((entry) => ({ service, ...entry }))
}

function table(lags: readonly Lag[]): string {
  const head = ['service', 'topic', 'partition', 'records behind', 'seconds behind']
  const cells = lags.map((l) => [l.service, l.topic, String(l.partition), String(l.records), l.seconds.toFixed(1)])
  const widths = head.map((h, i) => Math.max(h.length, ...cells.map((c) => (c[i] as string).length)))
  return [head, ...cells]
    .map(
      (row) =>
        `${row.map((c, i) => (i < 2 ? c.padEnd(widths[i] as number) : c.padStart(widths[i] as number))).join('  ')}\n`,
    )
    .join('')
}
