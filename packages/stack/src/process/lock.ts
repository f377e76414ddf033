import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isAlive, ownIdentity, type ProcessIdentity } from './identity.ts'

interface LockRecord {
  readonly holder: ProcessIdentity
  /** What the holder started, so that whoever comes after a killed holder can end it. */
  readonly children: readonly ProcessIdentity[]
}

export interface Lock {
  /** What a killed holder left running, still alive when the lock was taken; in the order it was started. */
  readonly orphans: readonly ProcessIdentity[]
  /** Notes what runs under this lock now, in place of what was noted before. */
  record(children: readonly ProcessIdentity[]): void
  /** Frees the name; doing it again does nothing. */
  release(): void
}

export type LockResult =
  { readonly ok: true; readonly lock: Lock } | { readonly ok: false; readonly holder: ProcessIdentity }

/** Takes the lock file for this process, or tells which live process holds it. The lock of a dead process is taken over. */
export function takeLock(path: string): LockResult {
  const self = ownIdentity()
  mkdirSync(dirname(path), { recursive: true })
  const draft = `${path}.${self.pid}`
  writeFileSync(draft, JSON.stringify({ holder: self, children: [] } satisfies LockRecord))
  try {
    return takeWith(draft, path, self)
  } finally {
    rmSync(draft, { force: true })
  }
}

/** The live process that holds a lock; undefined when nobody does. */
export function lockHolder(path: string): ProcessIdentity | undefined {
  const found = readRecord(path)
  return found !== undefined && isAlive(found.holder) ? found.holder : undefined
}

function takeWith(draft: string, path: string, self: ProcessIdentity): LockResult {
  for (;;) {
    // A link is made whole or not at all, and only if the name is free.
    if (linked(draft, path)) return { ok: true, lock: heldLock(path, self, []) }
    const found = readRecord(path)
    if (found === undefined) continue
    if (isAlive(found.holder)) return { ok: false, holder: found.holder }
    const orphans = found.children.filter(isAlive)
    if (!removeStale(path, draft, found)) continue
    if (linked(draft, path)) return { ok: true, lock: heldLock(path, self, orphans) }
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

function heldLock(path: string, holder: ProcessIdentity, orphans: readonly ProcessIdentity[]): Lock {
  // Orphans stay on record until the caller has dealt with them: this process may be killed first, too.
  if (orphans.length > 0) writeRecord(path, { holder, children: orphans })
  let held = true
  return {
    orphans,
    record(children) {
      if (!held) throw new Error(`${path} is not held any more`)
      writeRecord(path, { holder, children })
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
