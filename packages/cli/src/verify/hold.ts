import { CommandFailure, exitCode } from '../command.ts'
import { flush, type PassedBarrier } from '../flush.ts'
import type { Instance } from '../instance/instance.ts'
import { rows } from '../warehouse.ts'
import { factTables } from './expected.ts'

/** A time in which the sink stands still at the barriers of a flush. */
export interface Hold {
  readonly flushId: string
  /** Throws when the sink has gone on: what was compared by then may not be of one moment. */
  check(barriers: readonly PassedBarrier[]): Promise<void>
}

export async function beginHold(instance: Instance, holdMs: number): Promise<Hold> {
  const began = performance.now()
  const flushId = await flush(instance, holdMs)
  return {
    flushId,
    async check(barriers) {
      const took = performance.now() - began
      const newer = await newerRows(instance, barriers)
      if (took <= holdMs && newer === undefined) return
      const why =
        newer === undefined
          ? `it stands still for ${holdMs / 1000} s and comparing took ${(took / 1000).toFixed(0)} s`
          : `table ${newer.topic} has rows of partition ${newer.partition} from after the barrier`
      throw new CommandFailure(
        exitCode.unavailable,
        `the sink could not be held long enough: ${why}, so nothing is known of differences; verify again when the machine is less busy`,
      )
    },
  }
}

/** A barrier after which the sink has stored more rows; the clocks of sink and broker may differ from ours. */
async function newerRows(instance: Instance, barriers: readonly PassedBarrier[]): Promise<PassedBarrier | undefined> {
  for (const table of Object.keys(factTables)) {
    const last = await rows<{ partition: number; offset: number }>(
      instance,
      `SELECT _partition AS partition, max(_offset) AS offset FROM ${table} GROUP BY _partition`,
    )
    for (const barrier of barriers)
      if (barrier.topic === table && last.some((l) => l.partition === barrier.partition && l.offset > barrier.offset))
        return barrier
  }
  return undefined
}
