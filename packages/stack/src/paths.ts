import { join, resolve } from 'node:path'

/** `packages/stack`, seen alike from `src` and from `dist`. */
export const packageDir = resolve(import.meta.dirname, '..')

export const repositoryDir = resolve(packageDir, '..', '..')

/** What is fetched once and shared by all data directories. */
export const cacheDir = join(repositoryDir, '.cairn')

export interface ServerPaths {
  readonly dir: string
  readonly ports: string
  readonly data: string
  /** Present when the data is in a Docker volume instead of `data`. */
  readonly volumeMark: string
  readonly log: string
}

/** Where one server of a data directory keeps its files. */
export function serverPaths(dataDir: string, server: 'kafka' | 'clickhouse'): ServerPaths {
  const dir = join(dataDir, server)
  return {
    dir,
    ports: join(dir, 'ports.json'),
    data: join(dir, 'data'),
    volumeMark: join(dir, 'in-docker-volume'),
    log: join(dataDir, 'logs', `${server}.log`),
  }
}
