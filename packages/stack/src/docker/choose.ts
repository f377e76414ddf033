import { existsSync } from 'node:fs'
import type { ServerPaths } from '../paths.ts'
import { refuse, type Refused } from '../refusal.ts'
import type { ServerName } from '../server.ts'
import { dockerObstacle } from './compose.ts'

/**
 * Where a server of this data directory runs: where its data already is, else as `CAIRN_STACK` says (`docker`, `native`),
 * else in Docker if that is possible.
 */
export async function chooseKind(
  server: ServerName,
  paths: ServerPaths,
  env: Readonly<Record<string, string | undefined>>,
  progress?: (line: string) => void,
): Promise<{ readonly ok: true; readonly kind: 'docker' | 'native' } | Refused> {
  const wanted = env['CAIRN_STACK'] ?? ''
  if (wanted !== '' && wanted !== 'docker' && wanted !== 'native') {
    return refuse(
      'invalid-setting',
      `CAIRN_STACK is "${wanted}" where docker or native is expected; correct it or unset it.`,
    )
  }
  const inVolume = existsSync(paths.volumeMark)
  if (existsSync(paths.data) || (wanted === 'native' && !inVolume)) return { ok: true, kind: 'native' }
  const obstacle = await dockerObstacle(server, env, progress)
  if (obstacle === undefined) return { ok: true, kind: 'docker' }
  if (inVolume) {
    return refuse(
      'prerequisite-missing',
      `The data of ${paths.dir} is in a Docker volume, but ${obstacle}: start Docker or choose another data directory.`,
    )
  }
  if (wanted === 'docker') {
    return refuse('prerequisite-missing', `CAIRN_STACK is docker, but ${obstacle}: start Docker or unset CAIRN_STACK.`)
  }
  return { ok: true, kind: 'native' }
}
