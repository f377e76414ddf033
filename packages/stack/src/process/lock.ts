import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { identify, isAlive, type ProcessIdentity } from './identity.ts'

interface LockRecord {
  readonly holder: ProcessIdentity
  /** The server the holder started, so that whoever comes after a killed holder can end it. */
  readonly child?: ProcessIdentity
}

export interface Lock {
  /** The server a killed holder left running, still alive when the lock was taken. */
  readonly orphan: ProcessIdentity | undefined
  record(child: ProcessIdentity | undefined): void
  /** Frees the name; doing it again does nothing. */
  release(): void
}

export type LockResult =
  { readonly ok: true; readonly lock: Lock } | { readonly ok: false; readonly holder: ProcessIdentity }

/** Takes the lock file for this process, or tells which live process holds it. The lock of a dead process is taken over. */
export function takeLock(path: string): LockResult {
  const self = identify(process.pid)
  if (self === undefined) throw new Error(`this process (${process.pid}) is not in the process table`)
  mkdirSync(dirname(path), { recursive: true })
  const draft = `${path}.${self.pid}`
  writeFileSync(draft, JSON.stringify({ holder: self } satisfies LockRecord))
  try {
    return takeWith(draft, path, self)
  } finally {
    rmSync(draft, { force: true })
  }
}

/** The server a dead holder of the lock left behind; the lock itself is not touched. */
export function orphanOf(path: string): ProcessIdentity | undefined {
  const left = readRecord(path)
  if (left === undefined || isAlive(left.holder)) return undefined
  return left.child !== undefined && isAlive(left.child) ? left.child : undefined
}

function takeWith(draft: string, path: string, self: ProcessIdentity): LockResult {
  for (;;) {
    // A link is made whole or not at all, and only if the name is free.
    if (linked(draft, path)) return { ok: true, lock: heldLock(path, self, undefined) }
    const found = readRecord(path)
    if (found === undefined) continue
    if (isAlive(found.holder)) return { ok: false, holder: found.holder }
    const orphan = found.child !== undefined && isAlive(found.child) ? found.child : undefined
    if (!removeStale(path, draft, found)) continue
    if (linked(draft, path)) return { ok: true, lock: heldLock(path, self, orphan) }
  }
}

/** Removes exactly the lock that was read: between reading and removing another process may have put its own there. */
function removeStale(path: string, draft: string, stale: LockRecord): boolean {
  const aside = `${draft}.stale`
  try {
    renameSync(path, aside)
  } catch {
    return false
  }
  const moved = readRecord(aside)
  const isTheStaleOne = moved?.holder.pid === stale.holder.pid && moved.holder.startedAt === stale.holder.startedAt
  if (!isTheStaleOne) linked(aside, path)
  rmSync(aside, { force: true })
  return isTheStaleOne
}

function heldLock(path: string, holder: ProcessIdentity, orphan: ProcessIdentity | undefined): Lock {
  // The orphan stays on record until the caller has dealt with it: this process may be killed first, too.
  if (orphan !== undefined) writeRecord(path, { holder, child: orphan })
  let held = true
  return {
    orphan,
    record(child) {
      if (!held) throw new Error(`${path} is not held any more`)
      writeRecord(path, child === undefined ? { holder } : { holder, child })
    },
    release() {
      // Once only: a later lock of this name is somebody else's.
      if (held) rmSync(path, { force: true })
      held = false
    },
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function readRecord(path: string): LockRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LockRecord
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function writeRecord(path: string, record: LockRecord): void {
  const next = `${path}.next`
  writeFileSync(next, JSON.stringify(record))
  renameSync(next, path)
}
