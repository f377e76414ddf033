import { CommandFailure, exitCode } from '../command.ts'
import { flushOrFail, type PassedBarrier } from '../flush.ts'
import type { Instance } from '../instance/instance.ts'
import { rows } from '../warehouse.ts'
import { factTables } from './expected.ts'

/** A time in which the sink stands still at the barriers of a flush. */
export interface Hold {
  readonly flushId: string
  /** Throws when the sink has gone on: what was compared by then may not be of one moment. */
  check(barriers: readonly PassedBarrier[]): Promise<void>
}

export interface HoldOptions {
  /** The sink goes on by itself after this long. */
  readonly holdMs: number
  /** Longest time for orders to be decided before it. */
  readonly timeoutMs: number
  readonly interrupted: AbortSignal
}

export async function beginHold(instance: Instance, { holdMs, timeoutMs, interrupted }: HoldOptions): Promise<Hold> {
  // Deciding orders comes before and may take long; the sink goes on meanwhile.
  const { flushId, ticksAt } = await flushOrFail(instance, holdMs, timeoutMs, interrupted)
  return {
    flushId,
    async check(barriers) {
      const took = performance.now() - ticksAt
      const newer = await newerRows(instance, barriers)
      if (took <= holdMs && newer === undefined) return
      const why =
        newer === undefined
          ? `it stands still for ${holdMs / 1000} s and comparing took ${(took / 1000).toFixed(0)} s`
          : `table ${compared[newer.topic]?.table ?? newer.topic} has rows of partition ${newer.partition} from after the barrier`
      throw new CommandFailure(
        exitCode.unavailable,
        `the sink could not be held long enough: ${why}, so nothing is known of differences; verify again when the machine is less busy`,
      )
    },
  }
}

/** By topic: the rows which are compared while the sink stands still, or from which something is made that is. */
const compared: Readonly<Record<string, { readonly table: string; readonly rows: string }>> = {
  'labelled-events': { table: 'events', rows: "user_id != ''" },
  ...Object.fromEntries(Object.keys(factTables).map((table) => [table, { table, rows: 'true' }])),
}

/** A barrier after which the sink has stored more rows; the clocks of sink and broker may differ from ours. */
async function newerRows(instance: Instance, barriers: readonly PassedBarrier[]): Promise<PassedBarrier | undefined> {
  for (const [topic, { table, rows: which }] of Object.entries(compared)) {
    const own = barriers.filter((barrier) => barrier.topic === topic)
    if (own.length === 0) continue
    // Offsets have an index in the largest table: few blocks are read.
    const after = own.map(({ partition, offset }) => `(_partition = ${partition} AND _offset > ${offset})`)
    const [newer] = await rows<{ partition: number }>(
      instance,
      `SELECT DISTINCT _partition AS partition FROM ${table} WHERE (${after.join(' OR ')}) AND ${which} LIMIT 1`,
    )
    if (newer !== undefined) return own.find(({ partition }) => partition === newer.partition)
  }
  return undefined
}
