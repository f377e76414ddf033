import { join, resolve } from 'node:path'
import { sitePattern } from '@cairn/domain'
import { CommandFailure, dataOption, exitCode, text, whole, type Command, type Values } from '../command.ts'
import { dataDirectory, type Instance } from '../instance/instance.ts'
import { tellProgress } from '../instance/progress.ts'
import { readSettings } from '../instance/settings.ts'
import { startInstance } from '../instance/start.ts'

export const up: Command = {
  name: 'up',
  operands: '',
  summary: 'Runs Kafka, ClickHouse and all services until interrupted.',
  options: {
    ...dataOption,
    definitions: {
      type: 'string',
      placeholder: 'FILE',
      help: 'definitions file to put in force (default: what was deployed last, at first the shop definitions that ship)',
    },
    workers: { type: 'string', placeholder: 'N', default: '1', help: 'attribution processes' },
    partitions: {
      type: 'string',
      placeholder: 'N',
      default: '4',
      help: 'partitions of the topics; fixed once events are there',
    },
    'port-base': {
      type: 'string',
      placeholder: 'N',
      help: 'first of the consecutive ports to use (default: free ones)',
    },
    sites: {
      type: 'string',
      placeholder: 'KEY=SITE[:server],…',
      help: 'write keys and the sites they belong to; with :server for a back end (default: those given last, at first dev=dev)',
    },
    json: { type: 'boolean', help: 'print one JSON line when ready' },
  },
  async run(values, _, io) {
    const [definitions, sites] = [text(values, 'definitions'), text(values, 'sites')]
    const portBase = whole(values, 'port-base', 1024)
    const { attributeEvery, namespace } = readSettings(io.env)
    let onCrash: (failure: CommandFailure) => void = () => undefined
    const crashed = new Promise<CommandFailure>((resolveCrash) => (onCrash = resolveCrash))
    const json = values['json'] === true
    const { instance, stop } = await startInstance({
      dataDir: dataDirectory(values, io),
      ...(definitions === undefined ? {} : { definitions: resolve(io.cwd, definitions) }),
      workers: whole(values, 'workers', 1) ?? 1,
      partitions: whole(values, 'partitions', 1) ?? 4,
      ...(portBase === undefined ? {} : { portBase }),
      namespace,
      ...(sites === undefined ? {} : { writeKeys: readSites(sites) }),
      ...(attributeEvery === undefined ? {} : { attributeEvery }),
      env: io.env,
      progress: tellProgress(io),
      interrupted: io.interrupted,
      onCrash: (failure) => onCrash(failure),
    })
    io.out(
      json
        ? `${JSON.stringify(readyLine(instance))}\n`
        : readyText(instance, dataDirectory(values, io), instanceOption(values)),
    )
    const end = await Promise.race([crashed, aborted(io.interrupted)])
    if (end !== undefined) io.err(`${end.message}\n`)
    await stop()
    io.err('stopped\n')
    return end?.exit ?? exitCode.ok
  },
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((done) => {
    if (signal.aborted) done(undefined)
    else signal.addEventListener('abort', () => done(undefined))
  })
}

const siteForm = new RegExp(`${sitePattern.source.replace(/\$$/, '')}(?::server)?$`)

/** Site by write key, as ingest takes it; a site may have several. */
export function readSites(given: string): Record<string, string> {
  const sites = new Map<string, string>()
  for (const part of given.split(',')) {
    const [key, site, ...more] = part.split('=')
    if (key === undefined || key === '' || site === undefined || site === '' || more.length > 0)
      throw new CommandFailure(exitCode.usage, `--sites: "${part}" must read key=site`)
    if (!siteForm.test(site))
      throw new CommandFailure(
        exitCode.usage,
        `--sites: site "${site}" must be up to 64 letters, digits, ".", "_" and "-"`,
      )
    if (sites.has(key)) throw new CommandFailure(exitCode.usage, `--sites: key "${key}" is given twice`)
    sites.set(key, site)
  }
  return Object.fromEntries(sites)
}

function readyLine({ ingest, clickhouse, kafka, namespace, partitions, writeKeys }: Instance) {
  const { url, ...access } = clickhouse
  return { ready: true, ingest, clickhouse: url, ...access, kafka: kafka.join(','), namespace, partitions, writeKeys }
}

/** What other commands need to find the instance; empty for the usual one. */
function instanceOption(values: Values): string {
  const data = text(values, 'data')
  return data === undefined || data === dataOption['data']?.default ? '' : ` --data ${data}`
}

function readyText({ ingest, clickhouse, kafka, writeKeys, metrics }: Instance, dataDir: string, at: string): string {
  const [key] = Object.keys(writeKeys)
  return `Ready.
  ingest      ${ingest}  (write keys: ${Object.entries(writeKeys)
    .map(([k, site]) => `${k} for site ${site.replace(':', ', ')}`)
    .join(', ')})
  ClickHouse  ${clickhouse.url}  (user ${clickhouse.user}, password ${clickhouse.password}, database ${clickhouse.database})
  Kafka       ${kafka.join(',')}
  metrics     ${Object.values(metrics).join(', ')}
  logs        ${join(dataDir, 'logs')}

Send an event:
  curl -u ${String(key)}: -H 'content-type: application/json' ${ingest}/v1/track -d '{"event":"Product Added","anonymousId":"me","properties":{"product_id":"1"}}'
Then look:
  npx cairn wait${at} && npx cairn query${at} "SELECT event_time, visitor_id, name, goals FROM v_events"

Interrupt, or "npx cairn down${at}", to stop; data stays.
`
}
