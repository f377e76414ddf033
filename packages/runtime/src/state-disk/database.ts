import {
  closeSync,
  fstatSync,
  openSync,
  readSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { open, type Database, type RootDatabase } from 'lmdb'

/** What the database files cannot give or take. `full`: nothing is wrong with what is there. */
export class DiskFailure extends Error {
  readonly reason: 'unreadable' | 'full' | 'failed'
  constructor(reason: DiskFailure['reason'], message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'DiskFailure'
    this.reason = reason
  }
}

/** The tables of one partition's folder, keys and values as bytes. */
export interface Tables {
  readonly root: RootDatabase<Buffer, Buffer>
  readonly states: Database<Buffer, Buffer>
  readonly index: Database<Buffer, Buffer>
  readonly control: Database<Buffer, Buffer>
}

/** Reserved in the address space, not on the disk; more than one partition ever has. */
const mapSize = 2 ** 36
/**
 * A folder with a dot in its name would be taken for a file. Batches of its own make LMDB promises that nobody can look at:
 * the rejection of one would end the process.
 */
const environment = {
  noSubdir: false,
  noSync: true,
  noMemInit: true,
  eventTurnBatching: false,
  maxDbs: 3,
  mapSize,
} as const
const bytesOnly = { encoding: 'binary', keyEncoding: 'binary', cache: false } as const

/**
 * Opens the tables in a folder, empty ones where there are none. Nothing is synced while it runs: what a killed process
 * has committed is in the system's memory, and after the end of the system itself the folder is thrown away.
 *
 * @throws DiskFailure
 */
export function openTables(folder: string): Tables {
  checkFile(dataFile(folder))
  try {
    makeLock(join(folder, 'lock.mdb'), fileBytes(folder) === 0 ? beginningBytes : 0)
    const root = open<Buffer, Buffer>({ path: folder, ...environment, ...bytesOnly })
    try {
      checkLength(root, dataFile(folder))
      return {
        root,
        states: root.openDB('states', bytesOnly),
        index: root.openDB('index', bytesOnly),
        control: root.openDB('control', bytesOnly),
      }
    } catch (error) {
      void root.close()
      throw error
    }
  } catch (error) {
    throw asFailure(error, folder)
  }
}

const nothing = (): void => undefined

/** Is given the promise of each change: every one of them rejects when the transaction fails. */
export type Watch = (change: Promise<boolean>) => void

/** Makes the changes that `write` makes one transaction. @throws DiskFailure */
export async function commit({ root }: Tables, folder: string, write: (watch: Watch) => void): Promise<void> {
  const watched = new Set<Promise<boolean>>()
  // The transaction's own promise says how it ended; a rejection that nobody looks at would end the process.
  const watch: Watch = (change) => {
    if (watched.has(change)) return
    watched.add(change)
    change.then(nothing, nothing)
  }
  try {
    const written = root.batch(() => {
      write(watch)
    })
    watch(root.committed)
    await written
    fillUp(root, dataFile(folder))
  } catch (error) {
    const cause: unknown = await (error as { readonly commitError?: Promise<unknown> }).commitError?.catch(
      (reason: unknown) => reason,
    )
    throw asFailure(cause ?? error, folder)
  }
}

export function dataFile(folder: string): string {
  return join(folder, 'data.mdb')
}

export function fileBytes(folder: string): number {
  return statSync(dataFile(folder), { throwIfNoEntry: false })?.size ?? 0
}

/** LMDB's mark at the beginning of its file, behind a page header. */
const magic = 0xbeefc0de
const magicAt = 24

/** A file that is not LMDB's would not be refused by it, but end the process. */
function checkFile(path: string): void {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  try {
    const mark = Buffer.alloc(4)
    const stat = fstatSync(file)
    const isEmpty = stat.isFile() && stat.size === 0
    if (isEmpty || (stat.isFile() && readSync(file, mark, 0, 4, magicAt) === 4 && mark.readUInt32LE() === magic)) return
    throw new DiskFailure('unreadable', `${path} is no database of this program`)
  } finally {
    closeSync(file)
  }
}

/** Reading beyond the end of a file that was cut off would end the process, too. */
function checkLength(root: RootDatabase<Buffer, Buffer>, path: string): void {
  const { size } = statSync(path)
  if (size < lengthOf(root)) throw new DiskFailure('unreadable', `${path} was cut off at ${size} bytes`)
}

/**
 * Pages at the end that a transaction took and gave back are counted, but not written: without them a whole file would look
 * as if it was cut off, and be thrown away.
 */
function fillUp(root: RootDatabase<Buffer, Buffer>, path: string): void {
  const length = lengthOf(root)
  if (statSync(path).size < length) truncateSync(path, length)
}

/** Bytes of all pages; a file that was just made has its first ones only once something is written. */
function lengthOf(root: RootDatabase<Buffer, Buffer>): number {
  const { lastPageNumber, pageSize } = root.getStats() as { lastPageNumber: number; pageSize: number }
  return lastPageNumber > 1 ? (lastPageNumber + 1) * pageSize : 0
}

/**
 * A new lock file in place of the old one: a process killed in a transaction leaves its lock held, and the next one would
 * wait for it for ever. Nobody else has the folder: see Claim. Written in full, since LMDB writes into it through memory,
 * where a disk without room ends the process. So does an `open` that finds no room to begin its file: `room` for that is
 * taken first, and given back right before.
 */
function makeLock(path: string, room: number): void {
  rmSync(path, { force: true })
  writeFileSync(path, Buffer.alloc(lockBytes + room))
  truncateSync(path, lockBytes)
}

/** More than LMDB needs for the readers it allows. */
const lockBytes = 64 * 1024
/** More than LMDB writes of an empty database. */
const beginningBytes = 64 * 1024

/** Less room than this, and a write that fails has failed for want of room: LMDB says of it only that it failed. */
const littleRoom = 16 * 1024 * 1024
const noRoom = new Set<unknown>([28, 122, 'ENOSPC', 'EDQUOT'])

/** What an error of the folder means. */
export function asFailure(error: unknown, folder: string): DiskFailure {
  if (error instanceof DiskFailure) return error
  const isFull = noRoom.has((error as { readonly code?: unknown }).code) || freeBytes(folder) < littleRoom
  if (isFull) return new DiskFailure('full', `no room is left on the disk of ${folder}`, error)
  return new DiskFailure('failed', `the database in ${folder} failed: ${String(error)}`, error)
}

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    return Infinity
  }
}
