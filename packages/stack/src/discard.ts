import { existsSync, rmSync } from 'node:fs'
import { discardCompose } from './docker/compose.ts'
import { asOwner } from './own.ts'
import { serverPaths, type ServerPaths } from './paths.ts'
import type { Refused } from './refusal.ts'
import type { StackOptions } from './server.ts'
import { takeDirectory } from './take-directory.ts'

/** Deletes a data directory with all it holds, ending first what a killed owner left running there. Refused while it is in use. */
export async function discardStack({
  dataDir,
  env,
}: Pick<StackOptions, 'dataDir' | 'env'>): Promise<{ readonly ok: true } | Refused> {
  // Services are ended before the servers they use.
  const taken = await takeDirectory(dataDir)
  if (!taken.ok) return taken
  try {
    for (const server of ['kafka', 'clickhouse'] as const) {
      const paths = serverPaths(dataDir, server)
      const discarded = await asOwner(paths, async (lock) => {
        const outcome = await discardVolume(paths, env)
        lock.release()
        return outcome
      })
      if (!discarded.ok) return discarded
    }
    rmSync(dataDir, { recursive: true, force: true })
    return { ok: true }
  } finally {
    taken.lock.release()
  }
}

async function discardVolume(paths: ServerPaths, env: StackOptions['env']): Promise<{ readonly ok: true } | Refused> {
  return existsSync(paths.volumeMark) ? discardCompose(paths, env) : { ok: true }
}
