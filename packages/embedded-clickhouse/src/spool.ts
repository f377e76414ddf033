import { mkdirSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The folder of request bodies and results on their way. It belongs to one running front and is emptied when that starts,
 * so a killed process leaves nothing behind for longer. Files live for one request and normally never leave the page cache.
 */
export class Spool {
  readonly #directory: string
  #files = 0

  constructor(directory: string) {
    this.#directory = directory
    rmSync(directory, { recursive: true, force: true })
    mkdirSync(directory, { recursive: true })
  }

  /** A path nobody else has; the file is removed with `discard`, whether it was written or not. */
  next(): string {
    this.#files += 1
    return join(this.#directory, `${this.#files}`)
  }

  async discard(path: string): Promise<void> {
    await rm(path, { force: true })
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
