import type { Answer, SinkIntent } from '@cairn/runtime'
import type { Batch, Portion } from '../batch/batch.ts'
import type { Ledger } from '../intent/ledger.ts'
import type { Route } from '../routes.ts'
import type { Ends, Shell } from '../shell.ts'
import { unlessAborted } from './unless-aborted.ts'

/** Where a batch belongs and who may store it. */
export interface Delivery {
  readonly route: Route
  readonly partition: number
  readonly batch: Batch
  /** Whether this owner or an earlier one may have begun this insert before. */
  readonly isRepeated: boolean
  readonly ledger: Ledger
  readonly ends: Ends
}

/** Inserts one portion under a token. Rejects only when the partition's time here is over. */
export async function insertPortion(
  shell: Shell,
  { route, ends }: Delivery,
  { container }: Pick<Portion, 'container'>,
  token: string,
  failures: number,
): Promise<Answer<void>> {
  if (container.rows === 0) return { ok: true, value: undefined }
  let bodySent: () => void = () => undefined
  const sent = new Promise<void>((resolve) => (bodySent = resolve))
  const identity = { token, queryId: `${token}#${failures}`, onSent: bodySent }
  const inserting = shell.warehouse.insertContainer(route.table, container, identity)
  await unlessAborted(Promise.race([sent, inserting]), ends.signal)
  await shell.faults.reach('sink.in-insert')
  return unlessAborted(inserting, ends.signal)
}

/** Names one insert for all time: generation, topic, range and schema say which rows, and nothing else does. */
export function tokenOf(intent: SinkIntent, partition: number, { schemaId }: Pick<Portion, 'schemaId'>): string {
  return `${intent.generation}/${intent.topic_id}/${partition}/${intent.begin}-${intent.end}/${schemaId}`
}
