import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { dataFile } from './database.ts'

/** Who has a folder open: written when it is opened, removed when it is closed. */
interface Owner {
  readonly token: string
  readonly pid: number
  /** When the process began, as the system counts; tells it from a later one with the same number. */
  readonly began: string
  readonly host: string
  /** Changes when the system starts; what was not synced before is not to be trusted after it. */
  readonly boot: string
  /** Openings in a row after which nothing was committed. */
  readonly attempts: number
}

/**
 * Why a folder can't be used as it was left.
 * - `in_use`: another living process has it open. Ownership of the partition is decided by Kafka, so that one has lost it.
 * - `unclean_end`: its last user ended with its system, or where it can't be asked; not all may have reached the disk.
 * - `unreadable`: it is no folder of this program, was cut off or overwritten, or opening it has ended the process before.
 */
export type Unusable = 'in_use' | 'unclean_end' | 'unreadable'

/** After so many openings without a commit the folder is taken for what ends the process. */
const mostAttempts = 3
const nobody = -1

/** One process's claim to the folder of a partition. */
export class Claim {
  readonly folder: string
  #owner: Owner

  private constructor(folder: string, owner: Owner) {
    this.folder = folder
    this.#owner = owner
  }

  /** Why the folder should be thrown away rather than opened; undefined when it is as good as it was left, or not there. */
  static obstacle(folder: string): Unusable | undefined {
    if (!existsSync(ownerFile(folder))) return undefined
    const owner = readOwner(folder)
    if (owner === undefined) return 'unreadable'
    if (owner.host !== hostname() || owner.boot !== bootId() || owner.boot === '') return 'unclean_end'
    if (owner.pid !== nobody && beginOf(owner.pid) === owner.began) return 'in_use'
    return owner.attempts >= mostAttempts ? 'unreadable' : undefined
  }

  /** Takes the folder, whoever had it. */
  static take(folder: string): Claim {
    mkdirSync(folder, { recursive: true })
    const attempts = (readOwner(folder)?.attempts ?? 0) + 1
    const { pid } = process
    const token = randomUUID()
    const claim = new Claim(folder, {
      token,
      pid,
      began: beginOf(pid) ?? '',
      host: hostname(),
      boot: bootId(),
      attempts,
    })
    claim.#write()
    return claim
  }

  /**
   * Throws a folder away. It is moved aside first: one who still has it open goes on with what is no longer anybody's, and
   * nobody finds half of it.
   */
  static discard(folder: string): void {
    if (!existsSync(folder)) return
    const aside = join(dirname(folder), `.discarded-${randomUUID()}`)
    renameSync(folder, aside)
    rmSync(aside, { recursive: true, force: true })
  }

  /** Its user has come to commit something. */
  proven(): void {
    if (this.#owner.attempts === 0) return
    this.#owner = { ...this.#owner, attempts: 0 }
    if (this.isMine) this.#write()
  }

  /** Whether nobody else has taken the folder meanwhile. */
  get isMine(): boolean {
    return readOwner(this.folder)?.token === this.#owner.token
  }

  /** Leaves the folder, which could not be opened. */
  abandon(): void {
    if (this.isMine) rmSync(ownerFile(this.folder), { force: true })
  }

  /**
   * Leaves the folder as one that can be trusted whatever happens: all of it is on the disk. That may take long, so
   * another process may have it before, as if this one had been killed.
   */
  async release(): Promise<void> {
    if (!this.isMine) return
    this.#owner = { ...this.#owner, pid: nobody }
    this.#write()
    const file = await open(dataFile(this.folder), 'r')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
    this.abandon()
  }

  #write(): void {
    writeFileSync(ownerFile(this.folder), JSON.stringify(this.#owner))
  }
}

function ownerFile(folder: string): string {
  return join(folder, 'owner.json')
}

function readOwner(folder: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(ownerFile(folder), 'utf8')) as Owner
    return typeof owner.token === 'string' && typeof owner.pid === 'number' ? owner : undefined
  } catch {
    return undefined
  }
}

/** When a living process began; undefined when there is none. Where the system does not say, all began at the same time. */
function beginOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? undefined : fields[18]
  } catch {
    return existsSync('/proc/self/stat') ? undefined : beginWithoutProc(pid)
  }
}

function beginWithoutProc(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
    return ''
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? '' : undefined
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}
