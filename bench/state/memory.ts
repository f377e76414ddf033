import { readFileSync } from 'node:fs'

/** Often enough to meet what a checkpoint holds, seldom enough to cost nothing. */
const sampleEveryMs = 50

/** Memory of the process that no file is behind, in MB: LMDB's map does not count. */
export function anonMb(): number {
  const kib = Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
  return Math.round((kib * 1024) / 1e6)
}

/**
 * The most anonymous memory the process has had since this was made. Linux keeps no such mark, so it is sampled: whenever
 * the process comes to it, and where `sample` is called because much is held just then.
 */
export class AnonPeak {
  #mb = anonMb()
  readonly #timer = setInterval(() => this.sample(), sampleEveryMs).unref()

  sample(): void {
    this.#mb = Math.max(this.#mb, anonMb())
  }

  /** Ends the sampling. MB. */
  end(): number {
    clearInterval(this.#timer)
    this.sample()
    return this.#mb
  }
}
