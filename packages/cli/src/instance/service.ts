import { join, resolve } from 'node:path'
import { endProcess, lastLines, startChild, type Child, type ProcessIdentity } from '@cairn/stack'

export interface ServiceSpec {
  /** Name in messages and of its log file, such as `attribution-1`. */
  readonly name: string
  /** Module to run, below the repository, and its arguments. */
  readonly run: readonly [module: string, ...args: string[]]
  readonly env: Readonly<Record<string, string>>
  /** Answers 200 when it is ready; without one it is as soon as it runs. */
  readonly readyUrl?: string
}

/** A process of a service that has been ready. */
export interface ServiceProcess {
  /** How it ended, with the last lines of its log. */
  readonly ended: Promise<string>
  /** Asks it to end, kills it after `stopTimeoutMs`; returns when it is gone. */
  stop(): Promise<void>
}

export interface ServiceStart {
  readonly logFile: string
  /** Ends the start: the process is stopped, and the start rejects. */
  readonly interrupted: AbortSignal
  /** Told of the process as soon as there is one, so that a killed parent leaves none that nobody knows of. */
  readonly onProcess: (identity: ProcessIdentity) => void
}

const startTimeoutMs = 30_000
export const stopTimeoutMs = 35_000
const pollMs = 50
const repository = resolve(import.meta.dirname, '..', '..', '..', '..')

/** Starts a service as its own process, as production does, and waits until it is ready. Rejects with the end of its log when it does not come up. */
export async function startService(spec: ServiceSpec, start: ServiceStart): Promise<ServiceProcess> {
  const { logFile, interrupted } = start
  const [module, ...args] = spec.run
  const child = startChild({
    command: process.execPath,
    args: ['--enable-source-maps', join(repository, module), ...args],
    env: { ...inherited(), ...spec.env },
    logFile,
  })
  if (child.identity !== undefined) start.onProcess(child.identity)
  const report = (what: string) => `${spec.name} ${what}; ${logFile} ends with:\n${lastLines(logFile).join('\n')}`
  const ended = child.exited.then(({ code, signal }) => `ended with ${signal ?? `exit code ${String(code)}`}`)
  const failure = spec.readyUrl === undefined ? undefined : await firstAnswer(spec.readyUrl, ended, interrupted)
  if (failure !== undefined || child.identity === undefined) {
    await end(child)
    interrupted.throwIfAborted()
    throw new Error(report(failure ?? 'could not be started'))
  }
  return { ended: ended.then(report), stop: () => end(child) }
}

async function end({ identity, exited }: Child): Promise<void> {
  if (identity === undefined) return
  await endProcess(identity, stopTimeoutMs)
  await exited
}

async function firstAnswer(url: string, ended: Promise<string>, interrupted: AbortSignal): Promise<string | undefined> {
  const deadline = performance.now() + startTimeoutMs
  for (;;) {
    const outcome = await Promise.race([ended, isReady(url)])
    if (outcome === true) return undefined
    if (typeof outcome === 'string') return outcome
    if (interrupted.aborted) return 'was interrupted'
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
