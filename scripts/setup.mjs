// What every command of a fresh checkout needs first: a fit Node, something to run Kafka and ClickHouse on, installed
// dependencies and a build. Uses nothing but Node's own modules, since it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '..')

const oldestNode = [20, 19]
const oldestJava = 17

/** Checks, installs and builds, one line a step; ends the process with one sentence when something is missing. */
export function prepare() {
  step('prerequisites', () => missingPrerequisite(process.env) ?? true)
  // Not `npm ci`: that refuses a lock file which lacks optional packages of other platforms, as one written offline may.
  if (!dependenciesInstalled()) step('install', () => npm('install'))
  step('build', () => tool('typescript/bin/tsc', '-b'))
}

/** Runs one step and prints its name and duration. It fails by answering false, or with a sentence to print; then the process ends. */
export function step(name, run) {
  const start = performance.now()
  const outcome = run()
  if (typeof outcome === 'string') console.error(outcome)
  report(name, outcome === true, start)
  if (outcome !== true) process.exit(1)
}

/** Prints how a step ended that began at `start`, as `performance.now()` gives it. */
export function report(name, succeeded, start) {
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${succeeded ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
}

/** Runs a program of an installed package; true when it succeeded. */
export function tool(program, ...args) {
  return run(process.execPath, [join(root, 'node_modules', program), ...args])
}

export function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options }).status === 0
}

/** One sentence about the first thing that is missing, or undefined. */
export function missingPrerequisite(env) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
    return `Node ${oldestNode.join('.')} or later is needed and this is ${process.versions.node}: install a newer one.`
  }
  if (env.KAFKA_BROKERS) return undefined
  const docker = answers('docker', ['info'])
  // Kafka is run from docker-compose.yml; an engine whose client cannot read that is of no use here.
  if (docker && answers('docker', ['compose', 'version'])) return undefined
  const java = javaMajor(env)
  const waysOut = `${docker ? "install Docker's compose plugin" : 'start Docker'}, install Java ${oldestJava} and Maven, or set KAFKA_BROKERS to a running Kafka.`
  if (java === undefined) {
    return `Kafka needs Docker${docker ? ' with its compose plugin' : ''} or Java ${oldestJava}, and neither answers: ${waysOut}`
  }
  if (java < oldestJava) return `Kafka needs Java ${oldestJava} or later and this is ${java}: ${waysOut}`
  if (!kafkaIsFetched() && !answers('mvn', ['-v'])) {
    return `Kafka is fetched with Maven, and mvn does not answer: ${waysOut}`
  }
  return undefined
}

/** Whether node_modules holds the versions the lock file names; what it lacks may only be optional (other platforms). */
function dependenciesInstalled() {
  const hidden = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(hidden)) return false
  const installed = packagesOf(hidden)
  return Object.entries(packagesOf(join(root, 'package-lock.json'))).every(([path, wanted]) => {
    if (!path.startsWith('node_modules/')) return true
    const found = installed[path]
    return found === undefined ? wanted.optional === true : found.version === wanted.version
  })
}

function packagesOf(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages
}

function kafkaIsFetched() {
  const cache = join(root, '.cairn')
  return existsSync(cache) && readdirSync(cache).some((name) => /^kafka-[\d.]+$/.test(name))
}

function javaMajor(env) {
  const java = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : 'java'
  const { stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' })
  const found = /version "(?:1\.)?(\d+)/.exec(stderr ?? '')
  return found === null ? undefined : Number(found[1])
}

function answers(command, args) {
  return run(command, args, { stdio: 'ignore', timeout: 20_000 })
}

function npm(...args) {
  const { npm_execpath: script } = process.env
  return script === undefined ? run('npm', args) : run(process.execPath, [script, ...args])
}
