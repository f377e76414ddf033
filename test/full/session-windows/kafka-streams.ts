import { spawnSync } from 'node:child_process'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findJava } from '../../../packages/stack/src/native/java.ts'
import { repository } from '../../support/workers.ts'

const jars = join(repository, '.cairn', 'kafka-streams-4.3.1')

/** The Java to run the oracle with; undefined without a compiler in it, or without Maven to fetch Kafka Streams. */
export function oracleJava(): string | undefined {
  const found = findJava(process.env)
  if (!found.ok) return undefined
  const modules = spawnSync(found.java, ['--list-modules'], { encoding: 'utf8' }).stdout
  const maven = spawnSync('mvn', ['-v']).status === 0
  return modules.includes('jdk.compiler@') && (maven || existsSync(jars)) ? found.java : undefined
}

/** The sessions Kafka Streams makes of lines of events, as lines; the formats are those of SessionWindowsOracle.java. */
export function sessionWindows(java: string, gapMs: number, graceMs: number, events: readonly string[]): string[] {
  fetchJars()
  const program = join(import.meta.dirname, 'SessionWindowsOracle.java')
  const args = ['-cp', join(jars, '*'), program, String(gapMs), String(graceMs)]
  const input = events.map((line) => `${line}\n`).join('')
  const run = spawnSync(java, args, { input, encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (run.status !== 0) throw new Error(`the Kafka Streams oracle failed:\n${run.stderr.slice(-2000)}`)
  return run.stdout.split('\n').filter((line) => line !== '')
}

/** The folder gets its name only when it is complete, so an interrupted download never passes for one. */
function fetchJars(): void {
  if (existsSync(jars)) return
  const partial = `${jars}.partial-${process.pid}`
  const goals = ['-q', '-B', '-f', join(import.meta.dirname, 'pom.xml'), 'dependency:copy-dependencies']
  const run = spawnSync('mvn', [...goals, `-DoutputDirectory=${partial}`], { encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`Maven could not fetch Kafka Streams:\n${run.stdout}${run.stderr}`)
  renameSync(partial, jars)
  rmSync(partial, { recursive: true, force: true })
}
