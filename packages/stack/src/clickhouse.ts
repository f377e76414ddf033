import { composeService } from './docker/compose.ts'
import { givenClickHouse } from './given.ts'
import { embeddedProgram, nativeClickHouse } from './native/clickhouse.ts'
import { startOwned, type ServerPlan } from './own.ts'
import { answersPing, type Credentials } from './probe/clickhouse.ts'
import type { Refused } from './refusal.ts'
import type { ClickHouseServer, StackOptions } from './server.ts'

export type ClickHouseResult = { readonly ok: true; readonly clickhouse: ClickHouseServer } | Refused

/** User and password: a web page can reach 127.0.0.1, so even a local server asks for one. */
const localUser = 'cairn'

const probeTimeoutMs = 1_000

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
  const { env } = options
  const credentials = { user: env['CLICKHOUSE_USER'] ?? localUser, password: env['CLICKHOUSE_PASSWORD'] ?? localUser }
  const started = await startOwned(plan(env, credentials, program), options)
  if (!started.ok) return started
  const { kind, port, server } = started
  return { ok: true, clickhouse: { kind, url: `http://127.0.0.1:${port}`, ...credentials, server } }
}

function plan(env: StackOptions['env'], credentials: Credentials, program: string): ServerPlan {
  const { user, password } = credentials
  return {
    name: 'clickhouse',
    portCount: 1,
    // Kafka's two come first.
    portOffset: 2,
    native: (paths, [port = 0]) =>
      Promise.resolve(nativeClickHouse(paths, port, credentials, env, answers(port), program)),
    docker: (paths, [port = 0]) => {
      const variables = { CAIRN_CLICKHOUSE_PORT: String(port), CLICKHOUSE_USER: user, CLICKHOUSE_PASSWORD: password }
      return composeService('clickhouse', paths, { ...env, ...variables }, answers(port))
    },
  }
}

function answers(port: number): () => Promise<boolean> {
  return () => answersPing(`http://127.0.0.1:${port}`, probeTimeoutMs)
}
