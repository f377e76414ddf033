import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { refuse, type Refused } from '../refusal.ts'

export const oldestJava = 17

/** Finds a Java that Kafka runs on: `JAVA_HOME` first, then `PATH`. */
export function findJava(
  env: Readonly<Record<string, string | undefined>>,
): { readonly ok: true; readonly java: string } | Refused {
  const home = env['JAVA_HOME']
  const java = home === undefined || home === '' ? 'java' : join(home, 'bin', 'java')
  const { error, stderr } = spawnSync(java, ['-version'], { env, encoding: 'utf8' })
  const waysOut = `install Java ${oldestJava} or later (or start Docker, or set KAFKA_BROKERS to a running Kafka).`
  if (error !== undefined)
    return refuse('prerequisite-missing', `Kafka needs Java and ${java} could not be run: ${waysOut}`)
  const major = javaMajor(stderr)
  if (major === undefined || major < oldestJava) {
    return refuse(
      'prerequisite-missing',
      `Kafka needs Java ${oldestJava} and ${java} is ${major ?? 'of unknown version'}: ${waysOut}`,
    )
  }
  return { ok: true, java }
}

/** The feature release in the answer of `java -version`; 8 for what called itself 1.8. */
export function javaMajor(versionText: string): number | undefined {
  const found = /version "(?:1\.)?(\d+)/.exec(versionText)?.[1]
  return found === undefined ? undefined : Number(found)
}
