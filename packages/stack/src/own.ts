import type { ServerPaths } from './paths.ts'
import { endProcess } from './process/child.ts'
import { takeLock, type Lock } from './process/lock.ts'
import { refuse, type Refused } from './refusal.ts'

const orphanStopTimeoutMs = 30_000

/**
 * Runs `start` as the only owner of a server's directory. What a killed owner left running there is ended first.
 * The lock stays with the server that was started; a start that fails gives it back.
 */
export async function asOwner<Started extends { readonly ok: true }>(
  paths: ServerPaths,
  start: (lock: Lock) => Promise<Started | Refused>,
): Promise<Started | Refused> {
  const taken = takeLock(paths.lock)
  if (!taken.ok) {
    return refuse(
      'data-directory-in-use',
      `${paths.dir} is in use by process ${taken.holder.pid}: stop that one or choose another data directory.`,
    )
  }
  let started: Started | Refused | undefined
  try {
    if (taken.lock.orphan !== undefined) await endProcess(taken.lock.orphan, orphanStopTimeoutMs)
    started = await start(taken.lock)
    return started
  } finally {
    if (started?.ok !== true) taken.lock.release()
  }
}
