import { join } from 'node:path'
import { endProcess } from './process/child.ts'
import type { ProcessIdentity } from './process/identity.ts'
import { lockHolder, takeLock, type Lock } from './process/lock.ts'
import { refuse, type Refused } from './refusal.ts'

const orphanStopTimeoutMs = 30_000
const lockFile = 'lock.json'

/**
 * Makes this process the only owner of a directory until it releases the lock. What a killed owner left running there is
 * ended first, the last started first. Refused while its owner lives.
 */
export async function takeDirectory(dir: string): Promise<{ readonly ok: true; readonly lock: Lock } | Refused> {
  const taken = takeLock(join(dir, lockFile))
  if (!taken.ok) {
    return refuse(
      'data-directory-in-use',
      `${dir} is in use by process ${taken.holder.pid}: stop that one or choose another data directory.`,
    )
  }
  const { lock } = taken
  for (const orphan of lock.orphans.toReversed()) await endProcess(orphan, orphanStopTimeoutMs)
  lock.record([])
  return { ok: true, lock }
}

/** The live process that owns a directory; undefined when none does. */
export function ownerOf(dir: string): ProcessIdentity | undefined {
  return lockHolder(join(dir, lockFile))
}
