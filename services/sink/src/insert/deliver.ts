import type { Answer, SinkIntent, WarehouseFailure } from '@cairn/runtime'
import type { Lease } from '../intent/ledger.ts'
import { insertMissing } from '../repair/missing.ts'
import { repairRollUp } from '../repair/roll-up.ts'
import type { Shell } from '../shell.ts'
import { backoffMs, pause } from '../wait.ts'
import { insertPortion, tokenOf, type Delivery } from './portion.ts'

const backoff = {
  retriable: { firstMs: 200, maxMs: 10_000 },
  /** Somebody has to act; the token keeps every attempt harmless. */
  permanent: { firstMs: 5000, maxMs: 30_000 },
}

/**
 * Stores the rows of a batch whose intent is committed, for as long as it takes. `given_up` when the service stops first:
 * the intent stays open and the next owner finishes it. Every attempt carries the same token, so an attempt whose answer
 * was lost does no harm as long as the token is remembered; after that the tables themselves are asked.
 */
export async function deliver(shell: Shell, first: Lease, delivery: Delivery): Promise<'stored' | 'given_up'> {
  const { route, partition, batch, ledger, ends } = delivery
  let lease = first
  for (let failures = 0; ; failures++) {
    ends.signal.throwIfAborted()
    if (!lease.holds()) lease = await ledger.renew(lease.intent)
    const startedAt = shell.monotonic()
    const result = await attempt(shell, lease.intent, delivery, failures)
    shell.observe.insert(route.kind, result, (shell.monotonic() - startedAt) / 1000, batch.rows)
    if (result.ok) {
      shell.observe.blocked(route.kind, partition, undefined)
      return 'stored'
    }
    report(shell, delivery, result, failures)
    const wait = result.reason === 'retriable' ? backoff.retriable : backoff.permanent
    await pause(backoffMs(wait, failures), ends.signal, ends.stopping)
    if (ends.stopping.aborted) return 'given_up'
  }
}

async function attempt(shell: Shell, intent: SinkIntent, delivery: Delivery, failures: number): Promise<Answer<void>> {
  const forgotten = shell.now() - intent.at >= shell.config.SAFE_WINDOW_MS
  for (const portion of delivery.batch.portions) {
    const stored =
      forgotten && delivery.route.whenForgotten === 'missing_rows'
        ? await insertMissing(shell, intent, delivery, portion)
        : await insertPortion(shell, delivery, portion, tokenOf(intent, delivery.partition, portion), failures)
    if (!stored.ok) return stored
  }
  if (!forgotten) return { ok: true, value: undefined }
  shell.observe.repaired(delivery.route.kind)
  shell.log.warn(
    { topic: intent.topic, partition: delivery.partition, begin: intent.begin, end: intent.end },
    'an insert older than the safe window was checked against the tables',
  )
  return delivery.route.whenForgotten === 'again_and_repair'
    ? repairRollUp(shell, intent, delivery.partition)
    : { ok: true, value: undefined }
}

function report(
  shell: Shell,
  { route, partition, batch }: Delivery,
  failure: WarehouseFailure,
  failures: number,
): void {
  const { reason, code, message } = failure
  const fields = { topic: route.kind, partition, begin: batch.begin, end: batch.end, reason, code, detail: message }
  shell.observe.blocked(route.kind, partition, reason)
  if (reason === 'retriable') shell.log.warn({ ...fields, attempt: failures + 1 }, 'insert failed, trying again')
  else shell.log.error({ ...fields, attempt: failures + 1 }, 'insert refused, the topic-partition waits for somebody')
}
