import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryDir, type ServerPaths } from '../paths.ts'
import type { ServerSpec } from '../process/supervise.ts'
import type { Credentials } from '../probe/clickhouse.ts'
import { refuse, type Refused } from '../refusal.ts'

/** The program that serves the ClickHouse HTTP interface over an embedded engine. */
export const embeddedProgram = join(repositoryDir, 'packages', 'embedded-clickhouse', 'dist', 'main.js')

/** Each statement holds a thread of libuv's pool, which has four otherwise: the sink alone has an insert for each slice. */
const statementThreads = '12'

/** Prepares embedded ClickHouse on a port of 127.0.0.1. */
export function nativeClickHouse(
  paths: ServerPaths,
  port: number,
  { user, password }: Credentials,
  env: Readonly<Record<string, string | undefined>>,
  ready: () => Promise<boolean>,
  program: string,
): { readonly ok: true; readonly spec: ServerSpec } | Refused {
  if (!existsSync(program)) {
    return refuse(
      'prerequisite-missing',
      `Embedded ClickHouse is not built (${program} is missing): run npm run build.`,
    )
  }
  const options = ['--data', paths.data, '--port', String(port), '--user', user, '--password', password]
  return {
    ok: true,
    spec: {
      name: 'clickhouse',
      child: {
        command: process.execPath,
        args: [program, ...options],
        env: { UV_THREADPOOL_SIZE: statementThreads, ...env },
        logFile: paths.log,
      },
      ready,
      startTimeoutMs: 60_000,
      stopTimeoutMs: 30_000,
    },
  }
}
