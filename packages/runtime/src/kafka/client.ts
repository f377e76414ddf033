import { Kafka, logLevel, type LogEntry } from 'kafkajs'
import type { Logger } from '../log/log.ts'
import { searchCoordinatorAgain } from './coordinator-search.ts'
import { decodeFetchQuickly } from './fetch-response.ts'
import { encodeProduceQuickly } from './produce-request.ts'
import { frameInPlace } from './request-frame.ts'

searchCoordinatorAgain()
decodeFetchQuickly()
encodeProduceQuickly()
frameInPlace()

/**
 * kafkajs backs off 300 ms after the first CONCURRENT_TRANSACTIONS, which every second transaction in a row meets while
 * its predecessor's markers are written: 336 ms a transaction, against 11 to 35 ms from a 5 ms start.
 */
const quickRetry = { initialRetryTime: 5, maxRetryTime: 500, retries: 20 }

/**
 * kafkajs starts sequence numbers again at 0 beyond 2^31 where the broker expects them to wrap to 0 after 2^31 - 1, and
 * then fails for good; a producer is replaced long before.
 */
export const recordsBeforeRecycling = 2 ** 30

export interface KafkaConnection {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly log: Logger
}

/** A kafkajs client with the settings every use here needs. */
export function connect(connection: KafkaConnection): Kafka {
  return new Kafka({
    clientId: connection.clientId,
    brokers: [...connection.brokers],
    retry: quickRetry,
    connectionTimeout: 3000,
    requestTimeout: 15_000,
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => relay(connection.log, entry),
  })
}

function relay(log: Logger, { level, namespace, log: fields }: LogEntry): void {
  const { message, ...rest } = fields
  const entry = {
    client: namespace,
    detail: message,
    broker: rest['broker'] as unknown,
    error: rest['error'] as unknown,
  }
  // Every second transaction in a row meets it while its predecessor's markers are written, and is repeated.
  const isRoutine = String(entry.error).includes('concurrent operation on the same transaction')
  if (level === logLevel.ERROR && !isRoutine) log.warn(entry, 'kafka client reports an error')
  else log.debug(entry, 'kafka client')
}
