import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { localBrokerSettings } from '../kafka-settings.ts'
import { packageDir, type ServerPaths } from '../paths.ts'
import type { ChildSpec } from '../process/child.ts'
import type { ServerSpec } from '../process/supervise.ts'
import { refuse, type Refused } from '../refusal.ts'
import { findJava } from './java.ts'
import { kafkaJars } from './kafka-jars.ts'

/** Names the cluster in its data; any 22 characters of base64 do, and one local cluster is like another. */
const clusterId = 'Y2Fpcm4tbG9jYWwtc3RhY2'

interface NodePorts {
  readonly port: number
  readonly controllerPort: number
}

type Environment = Readonly<Record<string, string | undefined>>

/** Prepares a single KRaft node (broker and controller in one process) on ports of 127.0.0.1. */
export async function nativeKafka(
  paths: ServerPaths,
  { port, controllerPort }: NodePorts,
  env: Environment,
  ready: () => Promise<boolean>,
): Promise<{ readonly ok: true; readonly spec: ServerSpec } | Refused> {
  const java = findJava(env)
  if (!java.ok) return java
  const jars = await kafkaJars(env)
  if (!jars.ok) return jars
  const properties = join(paths.dir, 'server.properties')
  mkdirSync(paths.dir, { recursive: true })
  writeFileSync(properties, brokerProperties(paths.data, port, controllerPort))
  const run = (mainClass: string, ...args: readonly string[]): ChildSpec => ({
    command: java.java,
    args: [...jvmOptions(env), '-cp', join(jars.jars, '*'), mainClass, ...args],
    env,
    logFile: paths.log,
  })
  const failure = await formatOnce(paths, port, controllerPort, (config) =>
    run('kafka.tools.StorageTool', 'format', '--cluster-id', clusterId, '--config', config),
  )
  if (failure !== undefined) return failure
  return {
    ok: true,
    spec: {
      name: 'kafka',
      child: run('kafka.Kafka', properties),
      ready,
      // Cold, the broker answers within 5 s; after a kill it first checks the log segments that were open.
      startTimeoutMs: 90_000,
      stopTimeoutMs: 20_000,
    },
  }
}

/** server.properties of the node. */
export function brokerProperties(dataDir: string, port: number, controllerPort: number): string {
  const settings = {
    ...localBrokerSettings,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': dataDir,
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\')}\n`)
    .join('')
}

function jvmOptions(env: Environment): readonly string[] {
  const heap = env['KAFKA_HEAP_OPTS']?.trim()
  return [
    ...(heap === undefined || heap === '' ? ['-Xmx1g'] : heap.split(/\s+/)),
    // Without memory a broker answers late or never; dead, it is reported and can be started again.
    '-XX:+ExitOnOutOfMemoryError',
    '-Djava.awt.headless=true',
    `-Dlog4j2.configurationFile=${join(packageDir, 'log4j2.properties')}`,
  ]
}

/** Formats beside the final place and moves the result there, so that an interrupted format is simply done again. */
async function formatOnce(
  paths: ServerPaths,
  port: number,
  controllerPort: number,
  format: (config: string) => ChildSpec,
): Promise<Refused | undefined> {
  if (existsSync(paths.data)) return undefined
  const fresh = `${paths.data}.formatting`
  const config = join(paths.dir, 'format.properties')
  rmSync(fresh, { recursive: true, force: true })
  writeFileSync(config, brokerProperties(fresh, port, controllerPort))
  const { command, args, env } = format(config)
  try {
    await promisify(execFile)(command, args, { env })
  } catch (error) {
    return refuse('start-failed', `Kafka could not format ${paths.data}: ${(error as Error).message}`)
  }
  renameSync(fresh, paths.data)
  rmSync(config)
  return undefined
}
