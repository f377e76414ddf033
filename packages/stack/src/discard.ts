import { rmSync } from 'node:fs'
import { asOwner } from './own.ts'
import { serverPaths } from './paths.ts'
import type { Refused } from './refusal.ts'

/** Deletes a data directory with all it holds, ending first what a killed owner left running there. Refused while it is in use. */
export async function discardStack(dataDir: string): Promise<{ readonly ok: true } | Refused> {
  for (const server of ['kafka', 'clickhouse'] as const) {
    const discarded = await asOwner(serverPaths(dataDir, server), (lock) => {
      lock.release()
      return Promise.resolve({ ok: true })
    })
    if (!discarded.ok) return discarded
  }
  rmSync(dataDir, { recursive: true, force: true })
  return { ok: true }
}
