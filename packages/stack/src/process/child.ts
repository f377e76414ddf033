import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { identify, isAlive, isSuspended, type ProcessIdentity } from './identity.ts'

export interface ChildSpec {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Both output streams are appended here; a file, not a pipe, so that the child outlives its parent without a broken pipe. */
  readonly logFile: string
}

/** How a child ended. `error` is set when it could not be started at all. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly error?: Error
}

export interface Child {
  /** Undefined when the child has ended before it could be looked at. */
  readonly identity: ProcessIdentity | undefined
  readonly exited: Promise<Exit>
}

export type ServerSignal = 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'

const pollMs = 20

/** Starts a child as the leader of its own process group: an interrupt typed at the terminal reaches only its parent, which then stops it in order. */
export function startChild(spec: ChildSpec): Child {
  const log = openSync(spec.logFile, 'a')
  const child = spawn(spec.command, spec.args, {
    env: spec.env,
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }))
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  return { identity: child.pid === undefined ? undefined : identify(child.pid), exited }
}

/** Signals the whole group of a child; a group that is gone is no error. */
export function signalGroup(leader: ProcessIdentity, signal: ServerSignal): void {
  try {
    process.kill(-leader.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Like `signalGroup`, but a process that is to be held is held by the time this returns: each of its threads stops on its own. */
export async function signalProcess(leader: ProcessIdentity, signal: ServerSignal): Promise<void> {
  signalGroup(leader, signal)
  if (signal !== 'SIGSTOP') return
  while (isAlive(leader) && !isSuspended(leader)) await delay(pollMs)
}

/** Ends the group of a process, ours or an orphan's: asks, waits up to `graceMs`, then kills. Returns when it is gone. */
export async function endProcess(leader: ProcessIdentity, graceMs: number): Promise<void> {
  if (!isAlive(leader)) return
  signalGroup(leader, 'SIGTERM')
  // A stopped process acts on SIGTERM only once it runs again.
  signalGroup(leader, 'SIGCONT')
  if (await hasEnded(leader, graceMs)) return
  signalGroup(leader, 'SIGKILL')
  if (await hasEnded(leader, graceMs)) return
  throw new Error(`process ${leader.pid} is still there ${graceMs} ms after SIGKILL`)
}

async function hasEnded(process: ProcessIdentity, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs
  while (isAlive(process)) {
    if (performance.now() > deadline) return false
    await delay(pollMs)
  }
  return true
}
