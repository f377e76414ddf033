import { takeOver, type OwnedPartition, type SinkIntent } from '@cairn/runtime'
import { Ledger, readIntents } from './intent/ledger.ts'
import { routes } from './routes.ts'
import type { Shell } from './shell.ts'
import { Slice } from './slice.ts'

/** One partition from takeover to hand-over: fence, read the intents before it, then each topic side by side. */
export async function runPartition(shell: Shell, partition: OwnedPartition): Promise<void> {
  const intents = new Map<string, SinkIntent>()
  const producer = await takeOver(partition, shell.takeover, {
    take: (records) => readIntents(shell.codec, intents, records),
  })
  const failed = new AbortController()
  try {
    const ledger = new Ledger(shell, partition, producer, intents)
    partition.running()
    const ends = { signal: AbortSignal.any([partition.lost, failed.signal]), stopping: partition.stopping }
    const running = routes.map(async (route) => {
      try {
        await new Slice(shell, partition, route, ledger, ends).run()
      } catch (error) {
        failed.abort(error)
        throw error
      }
    })
    // All must have ended before another attempt may begin: it would read their intents while they still write.
    await Promise.allSettled(running)
    // The first failure is the cause: behind a transaction that was fenced, that of the next topic only fails.
    failed.signal.throwIfAborted()
  } finally {
    await producer.close()
  }
}
