import { givenKafka } from './given.ts'
import { nativeKafka } from './native/kafka.ts'
import { asOwner } from './own.ts'
import { serverPaths, type ServerPaths } from './paths.ts'
import { fixedPorts, rememberedPorts } from './ports.ts'
import type { Lock } from './process/lock.ts'
import { superviseServer } from './process/supervise.ts'
import type { Refused } from './refusal.ts'
import type { KafkaServer, StackOptions } from './server.ts'

export type KafkaResult = { readonly ok: true; readonly kafka: KafkaServer } | Refused

/** Uses the Kafka the environment names, else starts one on this data directory. Returns when it answers. */
export async function startKafka(options: StackOptions): Promise<KafkaResult> {
  const given = await givenKafka(options.env)
  if (given !== undefined) return given
  const paths = serverPaths(options.dataDir, 'kafka')
  return asOwner(paths, (lock) => startNative(options, paths, lock))
}

async function startNative(options: StackOptions, paths: ServerPaths, lock: Lock): Promise<KafkaResult> {
  const chosen =
    options.portBase === undefined ? await rememberedPorts(paths.ports, 2) : await fixedPorts(options.portBase, 2)
  if (!chosen.ok) return chosen
  const [port, controllerPort] = chosen.ports as [number, number]
  const prepared = await nativeKafka(paths, [port, controllerPort], options.env)
  if (!prepared.ok) return prepared
  const started = await superviseServer(prepared.spec, lock, options.onCrash)
  if (!started.ok) return started
  return { ok: true, kafka: { kind: 'native', brokers: [`127.0.0.1:${port}`], server: started.server } }
}
