import { setImmediate as turn } from 'node:timers/promises'
import { NEVER, type ColdDue, type ColdStates } from '@cairn/domain'
import { Claim } from './claim.ts'
import { asFailure, commit, DiskFailure, fileBytes, openTables, type Tables, type Watch } from './database.ts'
import { diskKey, dueOf, duesOf, headBytesOf, indexKey, isCut, keyOf, valueOf } from './disk-key.ts'
import type { StateLayout } from './layout.ts'
import { isWhole, seal, sealBytes } from './seal.ts'
import type { Turns } from './turns.ts'

/** States to be written: null for one that is forgotten. Of several of one key the last counts. */
export type States = Iterable<readonly [key: string, bytes: Uint8Array | null]>

/** What stands beside the states, and is written in one transaction with them: small records by name. */
export type Control = ReadonlyMap<string, Buffer>

export interface DiskOptions {
  /** Of this partition alone. */
  readonly folder: string
  readonly layout: StateLayout
  /** Shared by all partitions of the process: a transaction holds every page it changes in memory until its end. */
  readonly writes: Turns
}

const none = Buffer.alloc(0)
/** States prepared for a write before others get their turn. */
const preparedAtOnce = 500
/**
 * States in one transaction: each takes up to seven changes, which are made in one turn and whose promises are resolved in
 * another. Beyond 300,000 changes that are not written yet LMDB would halt the thread for a millisecond or more with each.
 */
const changedAtOnce = 2_000

interface Change {
  readonly key: string
  readonly diskKey: Buffer
  readonly before: readonly number[]
  readonly dues: readonly number[]
  readonly value: Buffer | undefined
}

/**
 * The states of one partition, of visitors or of orders, in a folder on disk. What is read of it is what was written, or a
 * DiskFailure: what cannot be decoded after that is not the disk's fault.
 */
export class StateDisk implements ColdStates {
  readonly #tables: Tables
  readonly #claim: Claim
  readonly #layout: StateLayout
  readonly #headBytes: number
  readonly #nowhere: readonly number[]
  readonly #writes: Turns

  /** @throws DiskFailure for files that can't be opened */
  constructor({ folder, layout, writes }: DiskOptions) {
    let claim: Claim | undefined
    try {
      claim = Claim.take(folder)
      this.#tables = openTables(folder)
      this.#claim = claim
    } catch (error) {
      claim?.abandon()
      throw asFailure(error, folder)
    }
    this.#layout = layout
    this.#headBytes = headBytesOf(layout.queues)
    this.#nowhere = Array.from({ length: layout.queues }, () => NEVER)
    this.#writes = writes
  }

  /** @throws DiskFailure */
  get(key: string): Uint8Array | undefined {
    const name = diskKey(key)
    return this.#read(() => this.#whole(this.#tables.states.getBinary(name), name))?.subarray(this.#headBytes)
  }

  /** @throws DiskFailure */
  dues(queue: number, from: number, atLeast: number): readonly ColdDue[] {
    return this.#read(() => this.#dues(queue, from, atLeast))
  }

  /** What was written beside the states. @throws DiskFailure */
  control(name: string): Buffer | undefined {
    const key = Buffer.from(name)
    return this.#read(() => this.#whole(this.#tables.control.getBinary(key), key))?.subarray(sealBytes)
  }

  /** States that are there. */
  get size(): number {
    const stats = this.#read(() => this.#tables.states.getStats()) as { readonly entryCount: number }
    return stats.entryCount
  }

  /** Bytes of the files. */
  get bytes(): number {
    return fileBytes(this.#claim.folder)
  }

  /**
   * Writes states, and in one transaction with the last of them the control records. Of many states the first may be there
   * without the others where the process ends meanwhile: the control records then say that they are still to be read, so
   * they are written once more. `midway` is called when the last transaction is under way.
   *
   * @throws DiskFailure
   */
  write(states: States, control: Control, midway: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    return this.#writes.take(async () => {
      const { folder } = this.#claim
      let changes = new Map<string, Change>()
      for (const [key, bytes] of states) {
        if (changes.size >= changedAtOnce) {
          const some = changes
          changes = new Map()
          await commit(this.#tables, folder, (watch) => {
            for (const change of some.values()) this.#apply(change, watch)
          })
        }
        changes.set(key, this.#changeOf(key, bytes, changes.get(key)?.before))
        if (changes.size % preparedAtOnce === 0) await turn()
      }
      const { control: table } = this.#tables
      const written = commit(this.#tables, folder, (watch) => {
        for (const change of changes.values()) this.#apply(change, watch)
        for (const [name, value] of control) watch(table.put(Buffer.from(name), sealedOf(name, value)))
      })
      // Looked at below; until then nobody does.
      written.catch(() => undefined)
      await midway()
      await written
    })
  }

  /** Notes that what was read of it has not ended the process: see {@link Claim}. */
  proven(): void {
    this.#claim.proven()
  }

  /** Lets go of the folder, and leaves it as one that can be trusted. */
  async close(): Promise<void> {
    await this.#writes.take(() => this.#tables.root.close())
    await this.#claim.release()
  }

  /** Lets go of the folder and throws it away. */
  async discard(): Promise<void> {
    await this.#writes.take(() => this.#tables.root.close())
    if (this.#claim.isMine) Claim.discard(this.#claim.folder)
  }

  /** @param known where it stands in the indexes, of one that was looked at already */
  #changeOf(key: string, bytes: Uint8Array | null, known: readonly number[] | undefined): Change {
    const name = diskKey(key)
    const before = known ?? this.#indexed(name)
    const dues = bytes === null ? this.#nowhere : this.#layout.places(bytes, before)
    return { key, diskKey: name, before, dues, value: bytes === null ? undefined : valueOf(name, dues, bytes) }
  }

  #indexed(name: Buffer): readonly number[] {
    const value = this.#read(() => this.#whole(this.#tables.states.getBinaryFast(name), name))
    return value === undefined ? this.#nowhere : duesOf(value, this.#layout.queues)
  }

  #dues(queue: number, from: number, atLeast: number): readonly ColdDue[] {
    const found: ColdDue[] = []
    const range = { start: indexKey(queue, from, none), end: Buffer.from([queue + 1]) }
    let last = from
    // What is left of the range is let go where this ends: an open one would keep old pages from being used again.
    for (const { key: entry, value } of this.#tables.index.getRange(range)) {
      const due = dueOf(entry)
      if (found.length >= atLeast && due !== last) break
      // Who reads on from the last one would come by here for ever.
      if (due < last) throw new Error(`its index is not in order after ${found.length} entries from ${from} on`)
      last = due
      found.push({ due, key: value.length > 0 ? value.toString() : keyOf(entry) })
    }
    return found
  }

  #whole(value: Buffer | undefined, name: Buffer): Buffer | undefined {
    if (value === undefined || isWhole(value, name)) return value
    throw new Error(`a value of ${value.length} bytes is not what was written`)
  }

  #read<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      const { folder } = this.#claim
      throw new DiskFailure('unreadable', `the database in ${folder} cannot be read: ${String(error)}`, error)
    }
  }

  #apply({ key, diskKey: name, before, dues, value }: Change, watch: Watch): void {
    const { states, index } = this.#tables
    watch(value === undefined ? states.remove(name) : states.put(name, value))
    for (let queue = 0; queue < this.#layout.queues; queue++) {
      const [old, due] = [before[queue] ?? NEVER, dues[queue] ?? NEVER]
      if (old === due) continue
      if (old < NEVER) watch(index.remove(indexKey(queue, old, name)))
      if (due < NEVER) watch(index.put(indexKey(queue, due, name), isCut(name) ? Buffer.from(key) : none))
    }
  }
}

function sealedOf(name: string, value: Buffer): Buffer {
  return seal(Buffer.concat([Buffer.alloc(sealBytes), value]), Buffer.from(name))
}
