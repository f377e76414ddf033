import { dataOption, exitCode, type Command } from '../command.ts'
import { findInstance, type Instance } from '../instance/instance.ts'

interface Lag {
  readonly service: string
  readonly topic: string
  readonly partition: number
  /** Null while it is not known, because no loop has got as far as reading where it stands. */
  readonly records: number | null
  readonly seconds: number | null
  /** `running`, `restarting`, `blocked: <reason>` or `stopped: <reason>`. */
  readonly state: string
}

export const lag: Command = {
  name: 'lag',
  operands: '',
  summary: 'Shows how far each service is behind, in records and seconds, and which partitions stand still.',
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
    if (name === 'ingest') continue
    try {
      lags.push(...parseLags(await (await fetch(url)).text()))
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

/**
 * Reads the lag and the state of each place from the Prometheus text format; the service is the one its metrics are named
 * after, so what one process does side by side stands apart. A partition that has not got as far as telling its lag is
 * there all the same, with a lag that is not known.
 */
export function parseLags(exposition: string): Lag[] {
  const samples = [...exposition.matchAll(/^cairn_([a-z]+)_([a-z_]+)\{([^}]*)\} (\S+)$/gm)].map(sampleOf)
  const services = [...new Set(samples.map(({ service }) => service))]
  return services.flatMap((service) =>
    lagsOf(
      service,
      samples.filter((sample) => sample.service === service),
    ),
  )
}

function lagsOf(service: string, samples: readonly Sample[]): Lag[] {
  const stateOf = (partition: number, topic: string | undefined) => stateFrom(samples, partition, topic)
  const partitions = samples.filter(({ what }) => what === 'partition_running').map(({ partition }) => partition)
  const measured = samples
    .filter(({ what }) => what === 'lag_records')
    .map(({ topic = '', partition, value }): Lag => {
      const seconds = samples.find((s) => s.what === 'lag_seconds' && s.topic === topic && s.partition === partition)
      const state = stateOf(partition, topic)
      return { service, topic, partition, records: value, seconds: seconds?.value ?? null, state }
    })
  const unknown = partitions
    .filter((partition) => !measured.some((lag) => lag.partition === partition))
    .map((partition): Lag => {
      return { service, topic: '', partition, records: null, seconds: null, state: stateOf(partition, undefined) }
    })
  return [...measured, ...unknown]
}

interface Sample {
  readonly service: string
  readonly what: string
  readonly topic: string | undefined
  readonly partition: number
  readonly reason: string
  readonly value: number
}

function sampleOf([, service = '', what = '', labels = '', value]: RegExpExecArray): Sample {
  const label = (name: string) => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1]
  return {
    service,
    what,
    topic: label('topic'),
    partition: Number(label('partition')),
    reason: label('reason') ?? '',
    value: Number(value),
  }
}

function stateFrom(samples: readonly Sample[], partition: number, topic: string | undefined): string {
  const here = samples.filter((s) => s.partition === partition && (s.topic === undefined || s.topic === topic))
  const stopped = here.find(({ what, value }) => what === 'partition_stopped' && value === 1)
  if (stopped !== undefined) return `stopped: ${stopped.reason}`
  const blocked = here.find(({ what, value }) => what === 'blocked' && value === 1)
  if (blocked !== undefined) return `blocked: ${blocked.reason}`
  return here.some(({ what, value }) => what === 'partition_running' && value === 1) ? 'running' : 'restarting'
}

function table(lags: readonly Lag[]): string {
  const head = ['service', 'topic', 'partition', 'records behind', 'seconds behind', 'state']
  const cells = lags.map((l) => [
    l.service,
    l.topic,
    String(l.partition),
    l.records === null ? 'unknown' : String(l.records),
    l.seconds === null ? 'unknown' : l.seconds.toFixed(1),
    l.state,
  ])
  const widths = head.map((h, i) => Math.max(h.length, ...cells.map((c) => (c[i] as string).length)))
  const isText = (column: number) => column < 2 || column === head.length - 1
  return [head, ...cells]
    .map((row) => {
      const padded = row.map((c, i) => (isText(i) ? c.padEnd(widths[i] as number) : c.padStart(widths[i] as number)))
      return `${padded.join('  ').trimEnd()}\n`
    })
    .join('')
}
