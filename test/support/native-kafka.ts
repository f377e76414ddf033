import { findJava } from '../../packages/stack/src/native/java.ts'
import { kafkaJars } from '../../packages/stack/src/native/kafka-jars.ts'
import type { Refused } from '../../packages/stack/src/refusal.ts'

/** What a broker on this machine runs on, without Docker: a Java, and the folder of Kafka's jars. */
export interface NativeRuntime {
  readonly ok: true
  readonly java: string
  readonly jars: string
}

/** Finds what a native broker runs on, fetching Kafka if need be; refused where Java or Maven is missing. */
export async function nativeRuntime(): Promise<NativeRuntime | Refused> {
  const java = findJava(process.env)
  if (!java.ok) return java
  const jars = await kafkaJars(process.env)
  return jars.ok ? { ok: true, java: java.java, jars: jars.jars } : jars
}

/** Why no broker can run here but in Docker; undefined where one can. A download that failed is no such reason. */
export async function withoutNativeKafka(): Promise<Refused | undefined> {
  const runtime = await nativeRuntime()
  return !runtime.ok && runtime.reason === 'prerequisite-missing' ? runtime : undefined
}

/** What is put after the name of a suite that needs a native broker: what is missing, without the ways out. */
export function skippedFor(obstacle: NativeRuntime | Refused | undefined): string {
  return obstacle === undefined || obstacle.ok ? '' : ` (skipped: ${obstacle.message.replace(/:.*/s, '')})`
}
