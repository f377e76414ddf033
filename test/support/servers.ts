import {
  discardStack,
  startClickHouse,
  startKafka,
  type ClickHouseServer,
  type KafkaServer,
  type ManagedServer,
} from '@cairn/stack'
import { nativeEnvironment, temporaryDataDir } from '../integration/stack/processes.ts'
import { withoutNativeKafka } from './native-kafka.ts'

/** A server of a test's own, which may be killed and comes back on the same port and data. */
export interface OwnServer {
  kill(): Promise<void>
  /** Resolves when it answers. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** An environment in which servers of a test's own are started: natively, or from Docker where there is no Java or no Maven. */
export async function ownEnvironment(): Promise<NodeJS.ProcessEnv> {
  const native = nativeEnvironment()
  return (await withoutNativeKafka()) === undefined ? native : { ...native, CAIRN_STACK: undefined }
}

export async function ownKafka(): Promise<OwnServer & Pick<KafkaServer, 'brokers'>> {
  const dataDir = temporaryDataDir()
  const env = await ownEnvironment()
  const started = await startKafka({ dataDir, env, onCrash: () => undefined })
  if (!started.ok) throw new Error(started.message)
  return { brokers: started.kafka.brokers, ...killable(started.kafka.server!, dataDir, env) }
}

/** The embedded engine, which needs no more than Node. */
export async function ownClickHouse(): Promise<OwnServer & Pick<ClickHouseServer, 'url' | 'user' | 'password'>> {
  const dataDir = temporaryDataDir()
  const env = nativeEnvironment()
  const started = await startClickHouse({ dataDir, env, onCrash: () => undefined })
  if (!started.ok) throw new Error(started.message)
  const { url, user, password, server } = started.clickhouse
  return { url, user, password, ...killable(server!, dataDir, env) }
}

function killable(server: ManagedServer, dataDir: string, env: NodeJS.ProcessEnv): OwnServer {
  return {
    kill: () => server.kill('SIGKILL'),
    async restart() {
      const refused = await server.restart()
      if (refused !== undefined) throw new Error(refused.message)
    },
    async close() {
      await server.stop()
      // With the volume, where it was a container.
      const discarded = await discardStack({ dataDir, env })
      if (!discarded.ok) throw new Error(discarded.message)
    },
  }
}
