import { pause } from '@cairn/runtime'
import type { Io } from '../command.ts'
import { counted } from '../counted.ts'
import type { Instance } from '../instance/instance.ts'
import { causeOf, rows } from '../warehouse.ts'
import type { DataDriven } from './attribute.ts'
import { inRounds } from './rounds.ts'

export interface Schedule {
  readonly everyMs: number
  readonly days: number
  readonly round: () => Promise<readonly DataDriven[]>
}

const pollMs = 1000

/**
 * Attributes round after round until interrupted, and leaves a line for each. A round that fails is one of them and ends
 * nothing: what is stored then stays, a round older.
 */
export async function keepAttributed(instance: Instance, { everyMs, days, round }: Schedule, io: Io): Promise<void> {
  const say = (text: string): void => io.out(`${new Date().toISOString()} ${text}\n`)
  await untilTables(instance, io.interrupted, say)
  const told = async () => {
    const began = performance.now()
    const found = await round()
    say(roundText(found, days, performance.now() - began))
  }
  await inRounds(told, everyMs, io.interrupted, (error) => {
    say(`failed, will be tried again next time: ${causeOf(error)}`)
  })
}

/** The sink creates them when it starts, `data_driven` after all that a round reads. */
async function untilTables(instance: Instance, interrupted: AbortSignal, say: (text: string) => void): Promise<void> {
  let told = ''
  while (!interrupted.aborted) {
    const missing = await whyMissing(instance)
    if (missing === undefined) return
    if (missing !== told) say(`waiting for the tables: ${missing}`)
    told = missing
    await pause(pollMs, interrupted)
  }
}

async function whyMissing(instance: Instance): Promise<string | undefined> {
  try {
    const sql = `SELECT name FROM system.tables WHERE database = currentDatabase() AND name = 'data_driven'`
    const found = await rows(instance, sql)
    return found.length > 0 ? undefined : `there is no data_driven in database ${instance.clickhouse.database} yet`
  } catch (error) {
    return causeOf(error)
  }
}

/** What a round came to, on one line. */
export function roundText(found: readonly DataDriven[], days: number, ms: number): string {
  if (found.length === 0) return `nothing to attribute: no macro conversion in the last ${days} days`
  const goals = new Set(found.map(({ site, goal }) => JSON.stringify([site, goal]))).size
  const sites = new Set(found.map(({ site }) => site)).size
  const [channel, micro] = [convertedBy(found, 'channel'), convertedBy(found, 'micro')]
  return `attributed ${counted(goals, 'macro goal')} of ${counted(sites, 'site')}: ${counted(channel, 'conversion')} by channel, ${micro} by micro conversions, ${counted(found.length, 'row')} in ${(ms / 1000).toFixed(1)} s`
}

/** Every row of a site, goal and kind of step has their number. */
function convertedBy(found: readonly DataDriven[], stepsOf: DataDriven['steps_of']): number {
  const numbers = new Map<string, number>()
  for (const { site, goal, steps_of, converted } of found)
    if (steps_of === stepsOf) numbers.set(JSON.stringify([site, goal]), converted)
  return [...numbers.values()].reduce((sum, number) => sum + number, 0)
}
