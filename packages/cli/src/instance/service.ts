import { join, resolve } from 'node:path'
import { endProcess, lastLines, rotateLog, startChild, type Child, type ProcessIdentity } from '@cairn/stack'

export interface ServiceSpec {
  /** Name in messages and of its log file, such as `attribution-1`. */
  readonly name: string
  /** Folder under services/. */
  readonly service: 'ingest' | 'attribution' | 'sink'
  readonly env: Readonly<Record<string, string>>
  /** Answers 200 when it is ready. */
  readonly readyUrl: string
}

export interface RunningService {
  readonly name: string
  readonly identity: ProcessIdentity
  stop(): Promise<void>
}

const startTimeoutMs = 30_000
const stopTimeoutMs = 35_000
const pollMs = 50
const repository = resolve(import.meta.dirname, '..', '..', '..', '..')

/** Starts a service as its own process, as production does, and waits until it is ready. Throws with the end of its log when it does not come up. */
export async function startService(
  spec: ServiceSpec,
  logDir: string,
  onCrash: (report: string) => void,
): Promise<RunningService> {
  const logFile = join(logDir, `${spec.name}.log`)
  rotateLog(logFile)
  const child = startChild({
    command: process.execPath,
    args: ['--enable-source-maps', join(repository, 'services', spec.service, 'dist', 'main.js')],
    env: { ...inherited(), ...spec.env },
    logFile,
  })
  const report = (what: string) => `${spec.name} ${what}; ${logFile} ends with:\n${lastLines(logFile).join('\n')}`
  let phase: 'starting' | 'running' | 'stopping' = 'starting'
  const ended = child.exited.then(({ code, signal }) => {
    const how = `ended with ${signal ?? `exit code ${String(code)}`}`
    if (phase === 'running') onCrash(report(how))
    return how
  })
  const failure = await firstAnswer(spec.readyUrl, ended)
  const { identity } = child
  if (failure !== undefined || identity === undefined) {
    phase = 'stopping'
    await end(child)
    throw new Error(report(failure ?? 'could not be started'))
  }
  phase = 'running'
  return {
    name: spec.name,
    identity,
    async stop() {
      phase = 'stopping'
      await end(child)
    },
  }
}

async function end({ identity, exited }: Child): Promise<void> {
  if (identity === undefined) return
  await endProcess(identity, stopTimeoutMs)
  await exited
}

async function firstAnswer(url: string, ended: Promise<string>): Promise<string | undefined> {
  const deadline = performance.now() + startTimeoutMs
  for (;;) {
    const outcome = await Promise.race([ended, isReady(url)])
    if (outcome === true) return undefined
    if (typeof outcome === 'string') return outcome
    if (performance.now() > deadline) return `was not ready within ${startTimeoutMs} ms`
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok
  } catch {
    return false
  }
}

/** A service's settings come from `env` alone; what its runtime needs of the system's is passed on. */
function inherited(): Record<string, string> {
  const wanted = ['PATH', 'HOME', 'TMPDIR', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'LOG_LEVEL']
  return Object.fromEntries(
    wanted.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  )
}
