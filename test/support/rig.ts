import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCodec, deployDefinitions, ensureTopics, openWarehouse, readCatalog, silentLogger } from '@cairn/runtime'
import { ownIdentity, rememberedPorts, type ClickHouseServer } from '@cairn/stack'
import { checkedDefinitions } from '../../packages/cli/src/definitions.ts'
import type { Instance } from '../../packages/cli/src/instance/instance.ts'
import { shippedDefinitions } from '../../packages/cli/src/instance/start.ts'
import { judge } from './judge.ts'
import { brokers, ownNamespace } from './kafka.ts'
import { shopClient } from './shop-client.ts'
import { clickhouseServer, dropDatabase } from './warehouse.ts'
import { endProcesses, startProcess, type ServiceProcess } from './workers.ts'

export type ServiceName = 'ingest' | 'attribution' | 'sink'

/** The whole pipeline as processes, on a namespace and a database of its own; which of them run is up to the test. */
export interface Rig {
  readonly instance: Instance
  /** Starts one process of a service. Ingest listens where the client sends to: there is one at a time. */
  start(service: ServiceName, settings?: Readonly<Record<string, string>>): ServiceProcess
  /** Sends messages over HTTP; resolves once each is accepted, however many attempts that takes. */
  send(messages: number): Promise<void>
  /**
   * What is wrong once everything accepted is queryable: what `cairn verify` finds, and the accepted messages and orders
   * that ClickHouse does not have exactly once. Empty when nothing was lost, doubled or changed.
   */
  judge(timeoutMs?: number): Promise<string[]>
  close(): Promise<void>
}

export interface RigOptions {
  readonly name: string
  readonly seed: number
  readonly partitions?: number
  /** The run's shared broker when absent. */
  readonly kafka?: readonly string[]
  /** The run's shared server when absent. */
  readonly clickhouse?: Pick<ClickHouseServer, 'url' | 'user' | 'password'>
  /** Bytes added to each message. */
  readonly padding?: number
  /** Where the built services are: the repository, unless a mutant of it is to be run. */
  readonly root?: string
}

/** Small batches, short times and no room in memory, so that a fault falls between many of them and many writes to disk. */
const settingsOf: Readonly<Record<ServiceName, Readonly<Record<string, string>>>> = {
  ingest: { WRITE_KEYS: 'dev=shop', REQUEST_TIMEOUT_MS: '5000' },
  attribution: { BATCH_RECORDS: '50', CHECKPOINT_MS: '400', STATE_CACHE_BYTES: '0', SESSION_TIMEOUT_MS: '2000' },
  sink: { BATCH_ROWS: '100', FLUSH_MS: '100', SESSION_TIMEOUT_MS: '2000' },
}

export async function openRig(options: RigOptions): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-rig-'))
  const ports = await rememberedPorts(join(folder, 'ports.json'), 1)
  if (!ports.ok) throw new Error(ports.message)
  const instance = instanceOf(options, ports.ports[0] as number)
  await prepareTopics(instance)
  const client = shopClient(instance.ingest, 'dev', options.seed, options.padding)
  const started: ServiceProcess[] = []
  return {
    instance,
    start(service, settings) {
      const env = { ...environmentOf(instance), ...settingsOf[service], ...settings }
      const process = startProcess(service, env, options.root)
      started.push(process)
      return process
    },
    send: (messages) => client.send(messages),
    async judge(timeoutMs = 60_000) {
      const problems = await judge(instance, client, timeoutMs).catch((error: unknown) => [String(error)])
      return problems.length === 0 ? [] : [...problems, ...started.toReversed().map((process) => endOf(process.log()))]
    },
    async close() {
      client.stop()
      await endProcesses()
      const { url, user: username, password, database } = instance.clickhouse
      await dropDatabase(openWarehouse({ url, username, password, database }))
      rmSync(folder, { recursive: true })
    },
  }
}

/** The last lines of a log: what led to the end, in so few that all services' are seen. */
function endOf(log: string): string {
  return log.trimEnd().split('\n').slice(-12).join('\n')
}

function instanceOf(options: RigOptions, port: number): Instance {
  const namespace = ownNamespace(options.name)
  return {
    owner: ownIdentity(),
    namespace,
    partitions: options.partitions ?? 2,
    kafka: options.kafka ?? brokers(),
    ingest: `http://127.0.0.1:${port}`,
    clickhouse: { ...addressOf(options.clickhouse), database: namespace.replaceAll('-', '_') },
    writeKeys: { dev: 'shop' },
    metrics: {},
  }
}

/** Without the rest of what a started server has, which is no part of an instance. */
function addressOf(given: RigOptions['clickhouse']): { url: string; user: string; password: string } {
  if (given !== undefined) return { url: given.url, user: given.user, password: given.password }
  return clickhouseServer()
}

async function prepareTopics({ kafka, namespace, partitions }: Instance): Promise<void> {
  const connection = { brokers: kafka, clientId: 'rig', log: silentLogger }
  const ready = await ensureTopics(connection, { namespace, partitions, replication: 1 })
  if (!ready.ok) throw new Error(ready.message)
  await deployDefinitions(
    connection,
    createCodec(readCatalog()),
    namespace,
    checkedDefinitions(shippedDefinitions).json,
  )
}

function environmentOf({ kafka, namespace, partitions, ingest, clickhouse: ch }: Instance): Record<string, string> {
  return {
    KAFKA_BROKERS: kafka.join(','),
    CAIRN_NAMESPACE: namespace,
    CAIRN_PARTITIONS: String(partitions),
    PORT: new URL(ingest).port,
    CLICKHOUSE_URL: ch.url,
    CLICKHOUSE_USER: ch.user,
    CLICKHOUSE_PASSWORD: ch.password,
    CLICKHOUSE_DATABASE: ch.database,
  }
}
