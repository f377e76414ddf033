import type { ServerSignal } from './process/child.ts'
import type { Refused } from './refusal.ts'

export type ServerName = 'kafka' | 'clickhouse'

/** Where a server came from: named by the environment, a container, or a process on this machine. */
export type ServerKind = 'given' | 'docker' | 'native'

/** A server that ended without being asked to. */
export interface Crash {
  readonly server: ServerName
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly logFile: string
  readonly lastLines: readonly string[]
}

/** A server this process started and can stop, kill and start again on the same data and ports. */
export interface ManagedServer {
  /** Of the server, or where it is in a container, of the `docker compose up` that is attached to it; undefined while it is down. */
  readonly pid: number | undefined
  /** Sends a signal; returns once it has taken effect: the server is gone, or held. An end asked for here is not a crash. */
  kill(signal: ServerSignal): Promise<void>
  /** Stops the server if it runs and starts it again with the same data and addresses. Undefined when it answers. */
  restart(): Promise<Refused | undefined>
  /** Ends the server in order and frees its data directory. */
  stop(): Promise<void>
}

export interface KafkaServer {
  readonly kind: ServerKind
  /** `host:port` each. */
  readonly brokers: readonly string[]
  /** Absent when the server was given: it is not ours to stop. */
  readonly server?: ManagedServer
}

export interface ClickHouseServer {
  readonly kind: ServerKind
  readonly url: string
  readonly user: string
  readonly password: string
  readonly server?: ManagedServer
}

export interface StackOptions {
  /** Absolute path. Holds the servers' data, locks, ports and `logs/`. */
  readonly dataDir: string
  /** Read here: `KAFKA_BROKERS`, `CLICKHOUSE_URL`, `CLICKHOUSE_USER`, `CLICKHOUSE_PASSWORD`, `CAIRN_STACK`, `KAFKA_HEAP_OPTS`, `JAVA_HOME`. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Kafka listens here, its controller on the next port, ClickHouse on the one after. Free ports are found when absent. */
  readonly portBase?: number
  readonly onCrash: (crash: Crash) => void
  /** Ends a start that is under way: what was begun is stopped, and the start refused. */
  readonly interrupted?: AbortSignal
  /** Told of what takes long, such as pulling an image, and of what a killed run had left. */
  readonly progress?: (line: string) => void
}
