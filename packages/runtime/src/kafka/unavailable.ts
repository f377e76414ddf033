import kafkajs from 'kafkajs'
import type { KafkaConnection } from './client.ts'

/** kafkajs spreads its errors into its exports, where Node finds no names to import. */
const { KafkaJSError, KafkaJSNonRetriableError, KafkaJSNumberOfRetriesExceeded } = kafkajs

/** What is needed of Kafka does not come, though the client itself would go on asking. */
export class KafkaUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'KafkaUnavailable'
  }
}

/** Why Kafka did not do what was asked, when an error says that; undefined for any other error, which is a bug. */
export function kafkaObstacle(error: unknown): string | undefined {
  if (error instanceof KafkaUnavailable || error instanceof KafkaJSNumberOfRetriesExceeded) return error.message
  return error instanceof KafkaJSError && !(error instanceof KafkaJSNonRetriableError) ? error.message : undefined
}

/** What a service that needs Kafka to start says when it cannot. */
export function unanswered({ brokers }: Pick<KafkaConnection, 'brokers'>, error: unknown): string {
  return `Kafka at ${brokers.join(',')} does not answer: ${String(error)}`
}
