import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDir, packageDir } from '../paths.ts'
import { identify } from '../process/identity.ts'
import { refuse, type Refused } from '../refusal.ts'

const kafkaVersion = '4.3.1'

const folder = `kafka-${kafkaVersion}`

/** The folder with the broker's jars, fetched from Maven Central (54 MB) when it is not there yet. */
export async function kafkaJars(
  env: Readonly<Record<string, string | undefined>>,
  cache: string = cacheDir,
): Promise<{ readonly ok: true; readonly jars: string } | Refused> {
  const jars = join(cache, folder)
  if (existsSync(jars)) return { ok: true, jars }
  removeInterrupted(cache)
  const partial = join(cache, `${folder}.partial-${process.pid}`)
  mkdirSync(partial, { recursive: true })
  const failure = await fetchJars(partial, env)
  if (failure !== undefined) {
    rmSync(partial, { recursive: true })
    return failure
  }
  // The folder gets its name only when it is complete, so an interrupted download never passes for one.
  if (!existsSync(jars)) renameSync(partial, jars)
  rmSync(partial, { recursive: true, force: true })
  return { ok: true, jars }
}

function removeInterrupted(cache: string): void {
  if (!existsSync(cache)) return
  for (const name of readdirSync(cache)) {
    const owner = name.startsWith(`${folder}.partial-`) ? Number(name.split('-').at(-1)) : undefined
    if (owner !== undefined && identify(owner) === undefined)
      rmSync(join(cache, name), { recursive: true, force: true })
  }
}

async function fetchJars(
  target: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Refused | undefined> {
  const run = await runMaven(target, env)
  if (run === 'no maven') {
    return refuse(
      'prerequisite-missing',
      'Kafka is fetched with Maven and mvn could not be run: install Maven (or start Docker, or set KAFKA_BROKERS to a running Kafka).',
    )
  }
  if (run.code === 0 && existsSync(join(target, `kafka_2.13-${kafkaVersion}.jar`))) return undefined
  return refuse(
    'download-failed',
    `Maven could not fetch Kafka ${kafkaVersion}: check the network and Maven's settings, then start again. It said:\n${run.output}`,
  )
}

function runMaven(target: string, env: Readonly<Record<string, string | undefined>>) {
  const args = [
    ...['-B', '-q', '-f', join(packageDir, 'pom.xml'), 'dependency:copy-dependencies'],
    ...['-DincludeScope=runtime', `-DoutputDirectory=${target}`],
  ]
  return new Promise<'no maven' | { readonly code: number | null; readonly output: string }>((resolve) => {
    const maven = spawn('mvn', args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const said: Buffer[] = []
    maven.stdout.on('data', (chunk: Buffer) => said.push(chunk))
    maven.stderr.on('data', (chunk: Buffer) => said.push(chunk))
    maven.once('error', () => resolve('no maven'))
    maven.once('close', (code) => {
      resolve({ code, output: Buffer.concat(said).toString('utf8').trim().split('\n').slice(-10).join('\n') })
    })
  })
}
