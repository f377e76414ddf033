import { givenClickHouse } from './given.ts'
import { embeddedProgram, nativeClickHouse } from './native/clickhouse.ts'
import { asOwner } from './own.ts'
import { serverPaths, type ServerPaths } from './paths.ts'
import { fixedPorts, rememberedPorts } from './ports.ts'
import type { Lock } from './process/lock.ts'
import { superviseServer } from './process/supervise.ts'
import type { Refused } from './refusal.ts'
import type { ClickHouseServer, StackOptions } from './server.ts'

export type ClickHouseResult = { readonly ok: true; readonly clickhouse: ClickHouseServer } | Refused

/** A web page can reach 127.0.0.1, so a server there has a password, though a known one. */
const localUser = 'cairn'

/** Kafka's two ports come first. */
const portOffset = 2

/**
 * Uses the ClickHouse the environment names, else starts one on this data directory. Returns when it answers.
 * `program` replaces the embedded engine's own in tests.
 */
export async function startClickHouse(
  options: StackOptions,
  program: string = embeddedProgram,
): Promise<ClickHouseResult> {
  const given = await givenClickHouse(options.env)
  if (given !== undefined) return given
  const paths = serverPaths(options.dataDir, 'clickhouse')
  return asOwner(paths, (lock) => startNative(options, paths, lock, program))
}

async function startNative(
  options: StackOptions,
  paths: ServerPaths,
  lock: Lock,
  program: string,
): Promise<ClickHouseResult> {
  const { portBase, env } = options
  const chosen =
    portBase === undefined ? await rememberedPorts(paths.ports, 1) : await fixedPorts(portBase + portOffset, 1)
  if (!chosen.ok) return chosen
  const port = chosen.ports[0] as number
  const credentials = { user: env['CLICKHOUSE_USER'] ?? localUser, password: env['CLICKHOUSE_PASSWORD'] ?? localUser }
  const prepared = nativeClickHouse(paths, port, credentials, env, program)
  if (!prepared.ok) return prepared
  const started = await superviseServer(prepared.spec, lock, options.onCrash)
  if (!started.ok) return started
  return {
    ok: true,
    clickhouse: { kind: 'native', url: `http://127.0.0.1:${port}`, ...credentials, server: started.server },
  }
}
