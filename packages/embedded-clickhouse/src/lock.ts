import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Who holds a data directory. `started` is the kernel's start time of the process, so that a reused pid is not taken for it. */
interface Holder {
  readonly pid: number
  readonly started: string
}

export type LockResult = { readonly held: true; release(): void } | { readonly held: false; readonly reason: string }

/**
 * Takes the data directory for this process. A lock whose process is gone (kill -9, power loss) is taken over; one of a living
 * process is refused, because two engines on one directory destroy it.
 */
export function lockDirectory(directory: string): LockResult {
  const path = join(directory, 'front.lock')
  const mine = JSON.stringify({ pid: process.pid, started: startTime(process.pid) } satisfies Holder)
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, mine)
  try {
    for (;;) {
      if (linked(draft, path)) return { held: true, release: () => releaseLock(path, mine) }
      const text = readIfThere(path)
      if (text === undefined) continue
      const holder = parseHolder(text)
      if (holder !== undefined && isAlive(holder)) return { held: false, reason: refusal(directory, holder) }
      takeAway(path, text)
    }
  } finally {
    rmSync(draft, { force: true })
  }
}

function refusal(directory: string, holder: Holder): string {
  return `The data directory ${directory} is in use by process ${holder.pid}: stop it first, or use another directory.`
}

/** Atomic: of several starters exactly one link succeeds. */
function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  }
}

/** Removes the stale lock we read, but not one that another starter has put in its place since. */
function takeAway(path: string, stale: string): void {
  const aside = `${path}.stale.${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return
    throw error
  }
  if (readIfThere(aside) !== stale) linked(aside, path)
  rmSync(aside, { force: true })
}

function releaseLock(path: string, mine: string): void {
  if (readIfThere(path) === mine) rmSync(path, { force: true })
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, started } = JSON.parse(text) as Partial<Holder>
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : undefined
  } catch {
    return undefined
  }
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    return isCode(error, 'EPERM')
  }
  return startTime(holder.pid) === holder.started
}

/** Field 22 of /proc/PID/stat; empty where the system has no /proc, and then the pid alone decides. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended and holds nothing, though its pid still answers.
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '')
  } catch {
    return ''
  }
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === code
}
