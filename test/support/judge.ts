import { barriersPassed, flushOrFail } from '../../packages/cli/src/flush.ts'
import type { Instance } from '../../packages/cli/src/instance/instance.ts'
import { unaccounted } from '../../packages/cli/src/verify/ledger.ts'
import { verify } from '../../packages/cli/src/verify/verify.ts'
import { rows } from '../../packages/cli/src/warehouse.ts'
import type { ShopClient } from './shop-client.ts'

const never = new AbortController().signal

/**
 * Waits until everything accepted so far is queryable, then judges twice: by a count that knows nothing but what was
 * sent and what was answered, and by the product's own `verify`. Returns what is wrong, in words.
 */
export async function judge(instance: Instance, client: ShopClient, timeoutMs: number): Promise<string[]> {
  const { flushId } = await flushOrFail(instance, 0, timeoutMs, never)
  const passed = await barriersPassed(instance, flushId, timeoutMs, never)
  if (passed === undefined) return [`the barriers did not pass within ${timeoutMs} ms`]
  return [...(await miscounted(instance, client)), ...(await differing(instance, timeoutMs))]
}

async function miscounted(instance: Instance, { accepted, sent, orders }: ShopClient): Promise<string[]> {
  const events = await counts(instance, 'SELECT event_id AS id, count() AS n FROM v_events GROUP BY id')
  const purchases = await counts(
    instance,
    "SELECT order_id AS id, count() AS n FROM v_conversions WHERE goal = 'purchase' GROUP BY id",
  )
  return [
    ...notOnce('message', accepted, events),
    ...[...events.keys()].filter((id) => !sent.has(id)).map((id) => `message ${id} was never sent`),
    ...notOnce('order', orders, purchases),
  ]
}

async function counts(instance: Instance, sql: string): Promise<Map<string, number>> {
  return new Map((await rows<{ id: string; n: number }>(instance, sql)).map(({ id, n }) => [id, n]))
}

function notOnce(what: string, ids: Iterable<string>, found: ReadonlyMap<string, number>): string[] {
  return [...ids].flatMap((id) => (found.get(id) === 1 ? [] : [`${what} ${id} is there ${found.get(id) ?? 0} times`]))
}

async function differing(instance: Instance, timeoutMs: number): Promise<string[]> {
  const { differences, ledger } = await verify(instance, { timeoutMs, interrupted: never })
  const open = unaccounted(ledger)
  return [
    ...differences.map((d) => `${d.table}, partition ${d.partition}, ${d.row}: ${d.what} ${d.detail}`),
    ...(open === 0 ? [] : [`${open} events unaccounted for`]),
  ]
}
