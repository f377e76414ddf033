import { setTimeout as delay } from 'node:timers/promises'
import { refuse, type Refused } from '../refusal.ts'
import type { Crash, ManagedServer, ServerName, StackOptions } from '../server.ts'
import {
  endProcess,
  signalGroup,
  signalProcess,
  startChild,
  type Child,
  type ChildSpec,
  type Exit,
  type ServerSignal,
} from './child.ts'
import type { Lock } from './lock.ts'
import { lastLines, rotateLog } from './logs.ts'

export interface ServerSpec {
  readonly name: ServerName
  readonly child: ChildSpec
  /** Signals the server where it is not the child itself but what the child is attached to. */
  readonly signal?: (signal: ServerSignal) => Promise<void>
  /** Whether the server answers in its own protocol. */
  ready(): Promise<boolean>
  readonly startTimeoutMs: number
  /** How long an orderly stop may take before the process is killed. */
  readonly stopTimeoutMs: number
}

type Phase = 'starting' | 'running' | 'ending'

const readyPollMs = 100

/**
 * Runs one server as a child process under an already taken lock, until it answers. An exit nobody asked for is reported
 * through `onCrash`; one before the first answer is the refusal returned here. Releasing the lock is part of `stop`.
 */
export async function superviseServer(
  spec: ServerSpec,
  lock: Lock,
  { onCrash, interrupted }: Pick<StackOptions, 'onCrash' | 'interrupted'>,
): Promise<{ readonly ok: true; readonly server: ManagedServer } | Refused> {
  rotateLog(spec.child.logFile)
  const server = new SupervisedServer(spec, lock, onCrash)
  const refused = await server.launch(interrupted)
  if (refused === undefined) return { ok: true, server }
  await server.stop()
  return refused
}

class SupervisedServer implements ManagedServer {
  readonly #spec: ServerSpec
  readonly #lock: Lock
  readonly #onCrash: (crash: Crash) => void
  /** A parent that leaves without `stop` takes its server along; one that is killed leaves it to the next start. */
  readonly #onParentExit = () => {
    if (this.#child?.identity !== undefined) signalGroup(this.#child.identity, 'SIGTERM')
  }
  #child: Child | undefined
  #phase: Phase = 'starting'

  constructor(spec: ServerSpec, lock: Lock, onCrash: (crash: Crash) => void) {
    this.#spec = spec
    this.#lock = lock
    this.#onCrash = onCrash
    process.on('exit', this.#onParentExit)
  }

  get pid(): number | undefined {
    return this.#child?.identity?.pid
  }

  async launch(interrupted?: AbortSignal): Promise<Refused | undefined> {
    this.#phase = 'starting'
    const child = startChild(this.#spec.child)
    this.#child = child
    this.#lock.record(child.identity === undefined ? [] : [child.identity])
    void child.exited.then((exit) => this.#exited(child, exit))
    const outcome = await this.#firstAnswer(child, interrupted)
    // An exit right after the answer has been seen already, and taken for one before it.
    if (outcome === 'ready' && this.pid !== undefined) {
      this.#phase = 'running'
      return undefined
    }
    await this.#end()
    const {
      name,
      child: { logFile },
    } = this.#spec
    if (interrupted?.aborted === true) return refuse('interrupted', `${name} was stopped before it answered`)
    return refuse(
      'start-failed',
      `${name} ${outcome === 'ready' ? 'ended right after it answered' : outcome}. Its log, ${logFile}, ends with:\n${lastLines(logFile).join('\n')}`,
    )
  }

  async kill(signal: ServerSignal): Promise<void> {
    const child = this.#child
    if (child?.identity === undefined) return
    const ends = signal === 'SIGKILL' || signal === 'SIGTERM'
    if (ends) this.#phase = 'ending'
    if (this.#spec.signal !== undefined) await this.#spec.signal(signal)
    else await signalProcess(child.identity, signal)
    if (ends) await child.exited
  }

  async restart(): Promise<Refused | undefined> {
    await this.#end()
    return this.launch()
  }

  async stop(): Promise<void> {
    await this.#end()
    process.off('exit', this.#onParentExit)
    this.#lock.release()
  }

  async #end(): Promise<void> {
    this.#phase = 'ending'
    const child = this.#child
    if (child?.identity === undefined) return
    // What is held acts on SIGTERM only once it runs again; endProcess sees to that for processes.
    await this.#spec.signal?.('SIGCONT')
    await this.#spec.signal?.('SIGTERM')
    await endProcess(child.identity, this.#spec.stopTimeoutMs)
    await child.exited
  }

  /** Waits until the server answers; otherwise says, as the end of a sentence, why it will not. */
  async #firstAnswer(child: Child, interrupted?: AbortSignal): Promise<string> {
    const deadline = performance.now() + this.#spec.startTimeoutMs
    const exited = child.exited.then(exitPhrase)
    while (performance.now() < deadline) {
      if (interrupted?.aborted === true) return 'was interrupted'
      const outcome = await Promise.race([exited, this.#spec.ready().then((ready) => (ready ? 'ready' : undefined))])
      if (outcome !== undefined) return outcome
      const pause = new AbortController()
      await Promise.race([exited, delay(readyPollMs, undefined, { signal: pause.signal }).catch(() => undefined)])
      pause.abort()
    }
    return `did not answer within ${this.#spec.startTimeoutMs} ms`
  }

  #exited(child: Child, exit: Exit): void {
    if (child !== this.#child) return
    this.#child = undefined
    if (this.#phase !== 'running') return
    const {
      name,
      child: { logFile },
    } = this.#spec
    this.#onCrash({ server: name, code: exit.code, signal: exit.signal, logFile, lastLines: lastLines(logFile) })
  }
}

function exitPhrase({ code, signal, error }: Exit): string {
  if (error !== undefined) return `could not be started: ${error.message}`
  return signal === null
    ? `ended with exit code ${String(code)} before it answered`
    : `was ended by ${signal} before it answered`
}
