import type { Answer, SinkIntent } from '@cairn/runtime'
import type { Shell } from '../shell.ts'

/** Clocks of sinks on different machines differ by less. ClickHouse counts its time in whole seconds, which errs towards asking. */
const clockSkewMs = 1000

/**
 * Whether ClickHouse may have been started after the intent. It notes the token of an insert before it puts the rows in
 * place: killed in between, it knows the token and does not have the rows.
 */
export async function restartedSince(shell: Shell, intent: SinkIntent): Promise<Answer<boolean>> {
  const answer = await shell.warehouse.query<{ seconds: number }>('SELECT uptime() AS seconds')
  if (!answer.ok) return answer
  const upMs = (answer.value[0]?.seconds ?? 0) * 1000
  return { ok: true, value: upMs <= shell.now() - intent.at + clockSkewMs }
}
