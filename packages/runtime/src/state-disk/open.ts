import { pause } from '../lifecycle/wait.ts'
import { Claim, type Unusable } from './claim.ts'
import { DiskFailure } from './database.ts'
import { StateDisk, type DiskOptions } from './disk.ts'

export interface Opened {
  readonly disk: StateDisk
  /** Why what was there was thrown away. */
  readonly discarded: Unusable | undefined
}

/** A partition given from one process to another on the same machine is let go within this time, unless its owner hangs. */
const letGoWithinMs = 3_000
const askAgainMs = 50

/**
 * Opens the folder of a partition. What cannot be used is thrown away: all of it is in Kafka, too.
 *
 * @throws DiskFailure when no folder can be made or opened there
 */
export async function openStateDisk(options: DiskOptions, lost: AbortSignal): Promise<Opened> {
  const { folder } = options
  let obstacle = Claim.obstacle(folder)
  for (const since = performance.now(); obstacle === 'in_use' && performance.now() - since < letGoWithinMs;) {
    await pause(askAgainMs, lost)
    lost.throwIfAborted()
    obstacle = Claim.obstacle(folder)
  }
  if (obstacle === undefined) {
    try {
      return { disk: new StateDisk(options), discarded: undefined }
    } catch (error) {
      if (!(error instanceof DiskFailure) || error.reason === 'full') throw error
      obstacle = 'unreadable'
    }
  }
  return { disk: emptyDisk(options), discarded: obstacle }
}

/** A folder without states in place of what is there. @throws DiskFailure */
export function emptyDisk(options: DiskOptions): StateDisk {
  Claim.discard(options.folder)
  return new StateDisk(options)
}
