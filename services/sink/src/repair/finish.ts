import type { Answer, SinkIntent } from '@cairn/runtime'
import { insertPortion, tokenOf, type Delivery } from '../insert/portion.ts'
import type { Shell } from '../shell.ts'
import { repairByDifference } from './by-difference.ts'
import { insertMissing } from './missing.ts'

/** Gives the intent as long as this process may still start an insert for it; rejects when it may not. */
export type Own = () => Promise<SinkIntent>

export interface Doubt {
  readonly failures: number
  /** Whether tables may know the token and not have the rows: then another must be used, or they would refuse them. */
  readonly isTokenSpoilt: boolean
}

/**
 * Stores what is not there of a batch, whatever became of its token. As a rule it is used again all the same: should an
 * earlier attempt still be under way, only one of the two is taken.
 */
export async function finishByTables(
  shell: Shell,
  own: Own,
  delivery: Delivery,
  { failures, isTokenSpoilt }: Doubt,
): Promise<Answer<void>> {
  const { route, partition, batch } = delivery
  for (const portion of batch.portions) {
    const intent = await own()
    const token = `${tokenOf(intent, partition, portion)}${isTokenSpoilt ? '/again' : ''}`
    const stored =
      route.withoutToken === 'missing_rows'
        ? await insertMissing(shell, intent, delivery, portion, token)
        : await insertPortion(shell, delivery, portion, token, failures)
    if (!stored.ok) return stored
  }
  shell.observe.repaired(route.kind)
  const intent = await own()
  const { topic, begin, end } = intent
  shell.log.warn({ topic, partition, begin, end }, 'an insert was checked against the tables')
  return route.sums === null ? { ok: true, value: undefined } : repairByDifference(shell, intent, partition, route.sums)
}
