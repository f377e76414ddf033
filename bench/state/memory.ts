import { readFileSync } from 'node:fs'

/** Memory of the process that no file is behind, in MB: LMDB's map does not count. */
export function anonMb(): number {
  return Math.round(Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024)
}
