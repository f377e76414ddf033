import { rmSync } from 'node:fs'
import { startClickHouse, startKafka, type ClickHouseServer, type KafkaServer, type ManagedServer } from '@cairn/stack'
import { nativeEnvironment, temporaryDataDir } from '../integration/stack/processes.ts'

/** A server of a test's own, which may be killed and comes back on the same port and data. */
export interface OwnServer {
  kill(): Promise<void>
  /** Resolves when it answers. */
  restart(): Promise<void>
  close(): Promise<void>
}

export async function ownKafka(): Promise<OwnServer & Pick<KafkaServer, 'brokers'>> {
  const dataDir = temporaryDataDir()
  const started = await startKafka({ dataDir, env: nativeEnvironment(), onCrash: () => undefined })
  if (!started.ok) throw new Error(started.message)
  return { brokers: started.kafka.brokers, ...killable(started.kafka.server!, dataDir) }
}

export async function ownClickHouse(): Promise<OwnServer & Pick<ClickHouseServer, 'url' | 'user' | 'password'>> {
  const dataDir = temporaryDataDir()
  const started = await startClickHouse({ dataDir, env: nativeEnvironment(), onCrash: () => undefined })
  if (!started.ok) throw new Error(started.message)
  const { url, user, password, server } = started.clickhouse
  return { url, user, password, ...killable(server!, dataDir) }
}

function killable(server: ManagedServer, dataDir: string): OwnServer {
  return {
    kill: () => server.kill('SIGKILL'),
    async restart() {
      const refused = await server.restart()
      if (refused !== undefined) throw new Error(refused.message)
    },
    async close() {
      await server.stop()
      rmSync(dataDir, { recursive: true })
    },
  }
}
