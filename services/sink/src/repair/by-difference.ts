import { crc32 } from 'node:zlib'
import type { Answer, SinkIntent } from '@cairn/runtime'
import type { Shell } from '../shell.ts'

/** A table that adds up rows of another, which a retried insert can't put right, and what it must hold. */
export interface Sums {
  readonly table: string
  /** Gives the rows that `table` must come to. */
  readonly facts: string
  readonly keys: readonly string[]
  /** Added up: what is inserted is their difference. */
  readonly added: readonly string[]
  /** Minima and maxima of the facts, which may be inserted again. */
  readonly extremes: Readonly<Record<string, 'min' | 'max'>>
}

/** Sessions and conversions by hour, from the sessions as they stand. */
export const rollUp: Sums = {
  table: 'channel_hourly',
  facts: 'channel_hourly_facts',
  keys: ['hour', 'site', 'channel', 'source', 'medium', 'campaign', 'goal', 'currency'],
  added: ['sessions', 'converting_sessions', 'micro', 'macro', 'value_minor'],
  extremes: {},
}

/** Which user each visitor was identified as, from the events. */
export const visitorUsers: Sums = {
  table: 'visitor_users',
  facts: 'visitor_users_facts',
  keys: ['site', 'visitor_id', 'user_id'],
  added: ['events'],
  extremes: { first_seen: 'min', last_seen: 'max' },
}

/**
 * Makes the sums of one partition equal to their facts by inserting the difference. Only the owner of the partition may
 * do this, between two inserts: nothing else then changes either side. Repeating it finds no difference; should a lost
 * answer make it run twice at once, both find the same one and its checksum is the token.
 */
export async function repairByDifference(
  shell: Shell,
  intent: SinkIntent,
  partition: number,
  sums: Sums,
): Promise<Answer<void>> {
  const { warehouse } = shell
  const { table } = sums
  const difference = await warehouse.query<Record<string, string | number>>(statementOf(shell, sums), { partition })
  if (!difference.ok) return difference
  if (difference.value.length === 0) return { ok: true, value: undefined }
  shell.log.warn({ partition, table, rows: difference.value.length }, 'sums differed from what they are made of')
  const content = crc32(JSON.stringify(difference.value))
  const token = `${intent.generation}/${intent.topic_id}/${partition}/${intent.begin}-${intent.end}/repair-${content}`
  return warehouse.insertRows(table, difference.value, token)
}

/**
 * Rows of facts and table under each other, the table's negated. An extreme is taken of the facts alone: what a table holds
 * is never beyond them, since nothing they were made of goes away.
 */
function statementOf({ warehouse }: Shell, { table, facts, keys, added, extremes }: Sums): string {
  const named = keys.join(', ')
  const ends = Object.entries(extremes)
  const sides = (sign: '' | '-') => [...keys, ...added.map((m) => `${sign}${m}`), ...ends.map(([m]) => m)].join(', ')
  const summed = added.map((m) => `sum(either.${m}) AS ${m}`)
  const bounded = ends.map(([m, of]) => `${of}If(either.${m}, either.is_fact) AS ${m}`)
  return `SELECT ${[named, '{partition:UInt16} AS _partition', ...summed, ...bounded].join(', ')} FROM (
      SELECT ${sides('')}, true AS is_fact FROM ${warehouse.table(facts)} WHERE _partition = {partition:UInt16}
      UNION ALL
      SELECT ${sides('-')}, false AS is_fact FROM ${warehouse.table(table)} WHERE _partition = {partition:UInt16}
    ) AS either
    GROUP BY ${named}
    HAVING ${added.map((m) => `${m} != 0`).join(' OR ')}
    ORDER BY ${named}`
}
