import type { Answer, SinkIntent } from '@cairn/runtime'
import { insertPortion, tokenOf, type Delivery } from '../insert/portion.ts'
import type { Shell } from '../shell.ts'
import { insertMissing } from './missing.ts'
import { repairRollUp } from './roll-up.ts'

/**
 * Stores what is not there of a batch, whatever became of its token. Rows that overwrite go in again under a token of
 * their own: under the first one a table that remembers it would refuse them.
 */
export async function finishByTables(
  shell: Shell,
  intent: SinkIntent,
  delivery: Delivery,
  failures: number,
): Promise<Answer<void>> {
  const { route, partition, batch } = delivery
  for (const portion of batch.portions) {
    const stored =
      route.withoutToken === 'missing_rows'
        ? await insertMissing(shell, intent, delivery, portion)
        : await insertPortion(shell, delivery, portion, `${tokenOf(intent, partition, portion)}/again`, failures)
    if (!stored.ok) return stored
  }
  shell.observe.repaired(route.kind)
  const { topic, begin, end } = intent
  shell.log.warn({ topic, partition, begin, end }, 'an insert was checked against the tables')
  return route.withoutToken === 'again_and_repair'
    ? repairRollUp(shell, intent, partition)
    : { ok: true, value: undefined }
}
