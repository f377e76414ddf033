import { readFileSync } from 'node:fs'

/** Often enough to meet what a checkpoint holds, seldom enough to cost nothing. */
const sampleEveryMs = 50

type Pid = number | 'self'

/** What a process that keeps visitors may take of it, however many they are. */
const mostAnonMb = 1_500

/** Says that a process took more memory than it may, or that nobody knows; nothing else. */
export function overMemory(name: string, mb: number): string[] {
  return mb <= mostAnonMb ? [] : [`${name} took ${mb} MB of anonymous memory, not ${mostAnonMb}`]
}

/** Memory of a process that no file is behind, in MB: LMDB's map does not count. */
export function anonMb(pid: Pid = 'self'): number {
  const kib = Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  return Math.round((kib * 1024) / 1e6)
}

/**
 * The most anonymous memory a process has had since this was made. Linux keeps no such mark, so it is sampled: whenever
 * this process comes to it, and where `sample` is called because much is held just then.
 */
export class AnonPeak {
  readonly #pid: Pid
  readonly #timer = setInterval(() => this.sample(), sampleEveryMs).unref()
  #mb: number

  constructor(pid: Pid = 'self') {
    this.#pid = pid
    this.#mb = anonMb(pid)
  }

  sample(): void {
    try {
      this.#mb = Math.max(this.#mb, anonMb(this.#pid))
    } catch {
      // The process has ended; whoever waits for it says how.
      clearInterval(this.#timer)
    }
  }

  /** Ends the sampling. MB. */
  end(): number {
    clearInterval(this.#timer)
    this.sample()
    return this.#mb
  }
}
