import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** A process named so that a later process with the same number is never mistaken for it. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, as the system words it; only ever compared for equality. */
  readonly startedAt: string
}

/** The identity of the running process `pid`, or undefined when there is none (a zombie counts as none). */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = existsSync('/proc/self/stat') ? startFromProc(pid) : startFromPs(pid)
  return startedAt === undefined ? undefined : { pid, startedAt }
}

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  const self = identify(process.pid)
  if (self === undefined) throw new Error(`this process (${process.pid}) is not in the process table`)
  return self
}

export function isAlive(process: ProcessIdentity): boolean {
  return identify(process.pid)?.startedAt === process.startedAt
}

/** Whether a process is held by SIGSTOP. */
export function isSuspended({ pid }: ProcessIdentity): boolean {
  return stateOf(pid)?.startsWith('T') === true
}

function stateOf(pid: number): string | undefined {
  return existsSync('/proc/self/stat') ? statFromProc(pid)?.[0] : statFromPs(pid)?.[0]
}

/** Linux. Field 22 of proc(5) stat counts ticks since boot, so the boot's id belongs to it. */
function startFromProc(pid: number): string | undefined {
  const [state, ...fields] = statFromProc(pid) ?? ['X']
  if (state === 'Z' || state === 'X') return undefined
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${fields[18] ?? ''}`
}

/** macOS and others with a POSIX ps. */
function startFromPs(pid: number): string | undefined {
  const [state, ...startedAt] = statFromPs(pid) ?? ['Z']
  return state?.startsWith('Z') === true ? undefined : startedAt.join(' ')
}

/** The fields of proc(5) stat from the third on, the state. */
function statFromProc(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command name is in parentheses and may itself hold spaces and parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** State and start time, or undefined when there is no such process. */
function statFromPs(pid: number): readonly string[] | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() === '' ? undefined : stdout.trim().split(/\s+/)
}
