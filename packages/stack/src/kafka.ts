import { composeService } from './docker/compose.ts'
import { givenKafka } from './given.ts'
import { nativeKafka } from './native/kafka.ts'
import { startOwned, type ServerPlan } from './own.ts'
import { brokersInService } from './probe/kafka.ts'
import type { Refused } from './refusal.ts'
import type { KafkaServer, StackOptions } from './server.ts'

export type KafkaResult = { readonly ok: true; readonly kafka: KafkaServer } | Refused

const probeTimeoutMs = 1_000

/** Uses the Kafka the environment names, else starts one on this data directory. Returns when it answers. */
export async function startKafka(options: StackOptions): Promise<KafkaResult> {
  const given = await givenKafka(options.env)
  if (given !== undefined) return given
  const started = await startOwned(plan(options.env), options)
  if (!started.ok) return started
  const { kind, port, server } = started
  return { ok: true, kafka: { kind, brokers: [`127.0.0.1:${port}`], server } }
}

function plan(env: StackOptions['env']): ServerPlan {
  return {
    name: 'kafka',
    portCount: 2,
    portOffset: 0,
    native: (paths, [port = 0, controllerPort = 0]) =>
      nativeKafka(paths, { port, controllerPort }, env, inService(port)),
    docker: (paths, [port = 0]) =>
      composeService('kafka', paths, { ...env, CAIRN_KAFKA_PORT: String(port) }, inService(port)),
  }
}

/** A broker answers before it is in service, and until then refuses to create topics. */
function inService(port: number): () => Promise<boolean> {
  return async () => ((await brokersInService(`127.0.0.1:${port}`, probeTimeoutMs)) ?? 0) > 0
}
