import { existsSync } from 'node:fs'
import { serverPaths } from './paths.ts'
import type { Refused } from './refusal.ts'
import { takeDirectory } from './take-directory.ts'

/** Ends what a killed owner of a data directory has left running there; tells how many processes. Refused while it is in use. */
export async function endLeftovers(dataDir: string): Promise<{ readonly ok: true; readonly ended: number } | Refused> {
  // Services are ended before the servers they use.
  const taken = await takeDirectory(dataDir)
  if (!taken.ok) return taken
  let ended = taken.lock.orphans.length
  try {
    for (const server of ['clickhouse', 'kafka'] as const) {
      const { dir } = serverPaths(dataDir, server)
      if (!existsSync(dir)) continue
      const own = await takeDirectory(dir)
      if (!own.ok) return own
      ended += own.lock.orphans.length
      own.lock.release()
    }
    return { ok: true, ended }
  } finally {
    taken.lock.release()
  }
}
