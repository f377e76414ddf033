import { crc32 } from 'node:zlib'
import type { Answer, SinkIntent } from '@cairn/runtime'
import type { Shell } from '../shell.ts'

const keys = 'hour, site, channel, source, medium, campaign, goal, currency'
const measures = ['sessions', 'converting_sessions', 'micro', 'macro', 'value_minor']

/**
 * Makes the roll-up of one partition equal to its sessions by inserting the difference. Only the owner of the partition
 * may do this, between two inserts: nothing else then changes either side. Repeating it finds no difference; should a
 * lost answer make it run twice at once, both find the same one and its checksum is the token.
 */
export async function repairRollUp(shell: Shell, intent: SinkIntent, partition: number): Promise<Answer<void>> {
  const { warehouse } = shell
  const sums = measures.map((m) => `sum(either.${m}) AS ${m}`).join(', ')
  const negated = measures.map((m) => `-${m}`).join(', ')
  const difference = await warehouse.query<Record<string, string | number>>(
    `SELECT ${keys}, {partition:UInt16} AS _partition, ${sums} FROM (
      SELECT ${keys}, ${measures.join(', ')} FROM ${warehouse.table('channel_hourly_facts')}
      WHERE _partition = {partition:UInt16}
      UNION ALL
      SELECT ${keys}, ${negated} FROM ${warehouse.table('channel_hourly')} WHERE _partition = {partition:UInt16}
    ) AS either
    GROUP BY ${keys}
    HAVING ${measures.map((m) => `${m} != 0`).join(' OR ')}
    ORDER BY ${keys}`,
    { partition },
  )
  if (!difference.ok) return difference
  if (difference.value.length === 0) return { ok: true, value: undefined }
  shell.log.warn({ partition, rows: difference.value.length }, 'the hourly roll-up differed from its sessions')
  const content = crc32(JSON.stringify(difference.value))
  const token = `${intent.generation}/${intent.topic_id}/${partition}/${intent.begin}-${intent.end}/repair-${content}`
  return warehouse.insertRows('channel_hourly', difference.value, token)
}
