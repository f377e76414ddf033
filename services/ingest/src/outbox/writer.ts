import type { IdempotentProducer, Outgoing } from '@cairn/runtime'

/** Writes to the log over producers that are replaced when they fail. */
export interface LogWriter {
  /** As `IdempotentProducer.send`: rejects when the log did not acknowledge within the producer's retries. */
  send(topic: string, partition: number, records: readonly Outgoing[]): Promise<void>
  /** Why the last send failed; undefined while sends succeed. */
  readonly failure: string | undefined
  close(): Promise<void>
}

interface Session {
  readonly producer: Promise<IdempotentProducer>
  inFlight: number
  isRetired: boolean
}

/**
 * A producer is not used again after a send it could not finish. Whether the log has those records is unknown, and
 * kafkajs gives their sequence numbers to the next ones: if the log has them, it takes as many new records on that
 * partition for a repetition and acknowledges them without writing them.
 */
export function createLogWriter(open: () => Promise<IdempotentProducer>): LogWriter {
  let current: Session | undefined
  let failure: string | undefined

  function retire(session: Session): void {
    session.isRetired = true
    if (current === session) current = undefined
  }

  async function release(session: Session): Promise<void> {
    session.inFlight--
    if (!session.isRetired || session.inFlight > 0) return
    // A producer that never connected or has lost its broker has nothing to let go of.
    await session.producer.then((producer) => producer.close()).catch(() => undefined)
  }

  return {
    get failure() {
      return failure
    },
    async send(topic, partition, records) {
      const session = (current ??= { producer: open(), inFlight: 0, isRetired: false })
      session.inFlight++
      try {
        const producer = await session.producer
        await producer.send(topic, partition, records)
        failure = undefined
      } catch (error) {
        failure = error instanceof Error ? error.message : String(error)
        retire(session)
        throw error
      } finally {
        void release(session)
      }
    },
    async close() {
      if (current === undefined) return
      const session = current
      retire(session)
      session.inFlight++
      await release(session)
    },
  }
}
