import { backoffMs, pause } from '@cairn/runtime'
import type { Lease } from '../intent/ledger.ts'
import { reportRefused } from '../refused.ts'
import type { Shell } from '../shell.ts'
import { Attempt } from './attempt.ts'
import type { Delivery } from './portion.ts'

const backoff = {
  retriable: { firstMs: 200, maxMs: 10_000 },
  /** Somebody has to act; the token keeps every attempt harmless. */
  permanent: { firstMs: 5000, maxMs: 30_000 },
}

/**
 * Stores the rows of a batch whose intent is committed, for as long as it takes. `given_up` when the service stops first:
 * the intent stays open and the next owner finishes it. Every attempt carries the same token, so an attempt whose answer
 * was lost does no harm. Where the token is not to be relied on the tables themselves are asked: after the safe window,
 * in which it may be forgotten, and when the server was started anew, which may know it and not have the rows.
 */
export async function deliver(shell: Shell, first: Lease, delivery: Delivery): Promise<'stored' | 'given_up'> {
  const { route, partition, batch, ledger, ends } = delivery
  let lease = first
  const attempt = new Attempt(shell, delivery, async () => {
    if (!lease.holds()) lease = await ledger.renew(lease.intent)
    return lease.intent
  })
  for (let failures = 0; ; failures++) {
    ends.signal.throwIfAborted()
    const startedAt = shell.monotonic()
    const result = await attempt.run(failures)
    if (result === undefined) return 'given_up'
    shell.observe.insert(route.kind, result, (shell.monotonic() - startedAt) / 1000, batch.rows)
    if (result.ok) {
      shell.observe.blocked(route.kind, partition, undefined)
      return 'stored'
    }
    const { begin, end } = batch
    reportRefused(shell, { kind: route.kind, partition }, 'insert', result, failures, { begin, end })
    const wait = result.reason === 'retriable' ? backoff.retriable : backoff.permanent
    await pause(backoffMs(wait, failures), ends.signal, ends.stopping)
    if (ends.stopping.aborted) return 'given_up'
  }
}
