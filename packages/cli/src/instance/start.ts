import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  createCodec,
  deployDefinitions,
  deployedDefinitions,
  ensureTopics,
  openCatalog,
  silentLogger,
} from '@cairn/runtime'
import {
  fixedPorts,
  ownIdentity,
  rememberedPorts,
  rotateLog,
  startStack,
  takeDirectory,
  type Lock,
  type ProcessIdentity,
  type Stack,
} from '@cairn/stack'
import { CommandFailure, exitCode } from '../command.ts'
import { counted } from '../counted.ts'
import { checkedDefinitions } from '../definitions.ts'
import { removeInstance, writeInstance, type Instance } from './instance.ts'
import { keepService, type KeptService } from './keep.ts'
import { startService, type ServiceSpec } from './service.ts'
import { keepWriteKeys, type WriteKeys } from './write-keys.ts'

export interface StartOptions {
  readonly dataDir: string
  /** Path of the definitions file to put in force. Without one what was deployed last stays, `shop.yaml` on new data. */
  readonly definitions?: string
  readonly workers: number
  readonly partitions: number
  readonly portBase?: number
  readonly namespace: string
  /** Without them those given last stay. */
  readonly writeKeys?: WriteKeys
  /** How often to attribute by data, as `cairn attribute --every` takes it; never without it. */
  readonly attributeEvery?: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly progress: (line: string) => void
  /** Ends the start: what was begun is stopped, and it rejects. */
  readonly interrupted: AbortSignal
  /** The instance cannot go on: a server has ended, or a service that ends whenever it is started again. */
  readonly onCrash: (failure: CommandFailure) => void
}

export interface StartedInstance {
  readonly instance: Instance
  readonly stop: () => Promise<void>
}

/** What is in force before anything was deployed. */
export const shippedDefinitions = resolve(import.meta.dirname, '..', '..', '..', '..', 'definitions', 'shop.yaml')

/** Kafka's two ports and ClickHouse's come first. */
const stackPorts = 3

/** Starts servers and services of one data directory in the order data flows back: what receives is there before what sends. */
export async function startInstance(options: StartOptions): Promise<StartedInstance> {
  const given = options.definitions === undefined ? undefined : checkedDefinitions(options.definitions).json
  const lock = await takeDataDirectory(options)
  try {
    return await startOwned(options, given, lock)
  } catch (error) {
    lock.release()
    if (options.interrupted.aborted)
      throw new CommandFailure(exitCode.no, 'interrupted before it was ready; nothing is left running')
    throw error instanceof CommandFailure
      ? error
      : new CommandFailure(exitCode.unavailable, error instanceof Error ? error.message : String(error))
  }
}

async function startOwned(
  options: StartOptions,
  definitions: string | undefined,
  lock: Lock,
): Promise<StartedInstance> {
  const logDir = join(options.dataDir, 'logs')
  mkdirSync(logDir, { recursive: true })
  options.progress('starting Kafka and ClickHouse')
  const stack = await openStack(options)
  const services: KeptService[] = []
  const processes = new Map<string, ProcessIdentity>()
  const stop = async () => {
    removeInstance(options.dataDir)
    // Ingest first: what it has acknowledged is then on the log, and the others end at a transaction's edge.
    for (const service of services.reverse()) {
      options.progress(`stopping ${service.name}`)
      await service.stop()
    }
    options.progress('stopping Kafka and ClickHouse')
    await stack.stop()
    lock.release()
  }
  try {
    const instance = await describe(options, stack)
    options.progress('creating topics and deploying definitions')
    await prepareTopics(instance, definitions, options.interrupted)
    const keep = async (spec: ServiceSpec, onGivenUp: (why: string) => void) => {
      options.progress(`starting ${spec.name}`)
      const onProcess = (identity: ProcessIdentity) => {
        processes.set(spec.name, identity)
        lock.record([...processes.values()])
      }
      services.push(await keepOne(spec, logDir, onProcess, options, onGivenUp))
    }
    const crash = (why: string) => options.onCrash(new CommandFailure(exitCode.no, why))
    for (const spec of serviceSpecs(options, instance)) await keep(spec, crash)
    writeInstance(options.dataDir, instance)
    // Last, since it finds the instance there as every command does; and nothing else depends on it.
    if (options.attributeEvery !== undefined)
      await keep(attributeSpec(options, options.attributeEvery), options.progress)
    return { instance, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function keepOne(
  spec: ServiceSpec,
  logDir: string,
  onProcess: (identity: ProcessIdentity) => void,
  { interrupted, progress }: StartOptions,
  onGivenUp: (why: string) => void,
): Promise<KeptService> {
  const logFile = join(logDir, `${spec.name}.log`)
  rotateLog(logFile)
  return keepService({
    name: spec.name,
    start: (signal) => startService(spec, { logFile, interrupted: signal, onProcess }),
    interrupted,
    say: progress,
    onGivenUp,
  })
}

/** A second start on the directory is refused even where the servers are given and have no lock of their own. */
async function takeDataDirectory({ dataDir, progress }: StartOptions): Promise<Lock> {
  const taken = await takeDirectory(dataDir)
  if (!taken.ok) throw new CommandFailure(exitCode.unavailable, taken.message)
  const left = taken.lock.orphans.length
  if (left > 0) progress(`ended ${counted(left, 'service')} that a killed run had left running`)
  return taken.lock
}

async function openStack(options: StartOptions): Promise<Stack> {
  const started = await startStack({
    dataDir: options.dataDir,
    env: options.env,
    progress: options.progress,
    interrupted: options.interrupted,
    ...(options.portBase === undefined ? {} : { portBase: options.portBase }),
    onCrash: (crash) =>
      options.onCrash(
        new CommandFailure(
          exitCode.unavailable,
          `${crash.server} ended with ${crash.signal ?? `exit code ${String(crash.code)}`}; ${crash.logFile} ends with:\n${crash.lastLines.join('\n')}`,
        ),
      ),
  })
  if (started.ok) return started.stack
  throw new CommandFailure(exitCode.unavailable, started.message)
}

async function describe(options: StartOptions, stack: Stack): Promise<Instance> {
  const names = ['sink', ...Array.from({ length: options.workers }, (_, i) => `attribution-${i + 1}`), 'ingest']
  const found =
    options.portBase === undefined
      ? await rememberedPorts(join(options.dataDir, 'service-ports.json'), names.length)
      : await fixedPorts(options.portBase + stackPorts, names.length)
  if (!found.ok) throw new CommandFailure(exitCode.unavailable, found.message)
  const { url, user, password } = stack.clickhouse
  const registry = options.env['SCHEMA_REGISTRY_URL']
  const at = (name: string) => `http://127.0.0.1:${found.ports[names.indexOf(name)] as number}`
  return {
    owner: ownIdentity(),
    namespace: options.namespace,
    partitions: options.partitions,
    kafka: stack.kafka.brokers,
    ...(registry === undefined ? {} : { schemaRegistry: registry }),
    ingest: at('ingest'),
    clickhouse: { url, user, password, database: options.namespace.replaceAll('-', '_') },
    writeKeys: keepWriteKeys(options.dataDir, options.writeKeys),
    metrics: Object.fromEntries(names.map((name) => [name, `${at(name)}/metrics`])),
  }
}

async function prepareTopics(
  { kafka, namespace, partitions, schemaRegistry }: Instance,
  given: string | undefined,
  interrupted: AbortSignal,
): Promise<void> {
  interrupted.throwIfAborted()
  const connection = { brokers: kafka, clientId: `${namespace}.up`, log: silentLogger }
  const ready = await ensureTopics(connection, { namespace, partitions, replication: 1 })
  if (!ready.ok) throw new CommandFailure(exitCode.unavailable, ready.message)
  // Deployed again where they are in force already: that finishes a deploy that broke off half way.
  const json =
    given ??
    (await deployedDefinitions(connection, namespace, interrupted))?.json ??
    checkedDefinitions(shippedDefinitions).json
  await deployDefinitions(connection, createCodec(await openCatalog(schemaRegistry)), namespace, json, interrupted)
}

function serviceSpecs(options: StartOptions, instance: Instance): ServiceSpec[] {
  const shared = {
    KAFKA_BROKERS: instance.kafka.join(','),
    CAIRN_NAMESPACE: instance.namespace,
    CAIRN_PARTITIONS: String(instance.partitions),
    ...(instance.schemaRegistry === undefined ? {} : { SCHEMA_REGISTRY_URL: instance.schemaRegistry }),
  }
  const portOf = (name: string) => new URL(instance.metrics[name] as string).port
  const clickhouse = {
    CLICKHOUSE_URL: instance.clickhouse.url,
    CLICKHOUSE_USER: instance.clickhouse.user,
    CLICKHOUSE_PASSWORD: instance.clickhouse.password,
    CLICKHOUSE_DATABASE: instance.clickhouse.database,
  }
  const spec = (name: string, service: string, env: Record<string, string>): ServiceSpec => ({
    name,
    run: [join('services', service, 'dist', 'main.js')],
    env: { ...shared, ...env },
    readyUrl: `http://127.0.0.1:${portOf(name)}/readyz`,
  })
  const workers = Array.from({ length: options.workers }, (_, i) => `attribution-${i + 1}`)
  // Shared: a partition that moves to another worker finds its visitors there.
  const stateDir = join(options.dataDir, 'state')
  const writeKeys = Object.entries(instance.writeKeys).map(([key, site]) => `${key}=${site}`)
  return [
    spec('sink', 'sink', { ...clickhouse, METRICS_PORT: portOf('sink') }),
    ...workers.map((name) => spec(name, 'attribution', { METRICS_PORT: portOf(name), STATE_DIR: stateDir })),
    spec('ingest', 'ingest', { PORT: portOf('ingest'), WRITE_KEYS: writeKeys.join(',') }),
  ]
}

function attributeSpec({ dataDir }: StartOptions, every: string): ServiceSpec {
  const module = join('packages', 'cli', 'dist', 'main.js')
  return { name: 'data-driven', run: [module, 'attribute', '--data', dataDir, '--every', every], env: {} }
}
