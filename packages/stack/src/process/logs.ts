import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'

const crashReportLines = 20
const crashReportBytes = 16 * 1024

/** Puts the log of the run before aside as `<file>.1`, replacing the one before that, so that logs never grow from start to start. */
export function rotateLog(file: string): void {
  mkdirSync(dirname(file), { recursive: true })
  if (existsSync(file)) renameSync(file, `${file}.1`)
}

/** The last lines of a log, for a crash report; empty when there is no log. */
export function lastLines(file: string, lines = crashReportLines): readonly string[] {
  if (!existsSync(file)) return []
  const descriptor = openSync(file, 'r')
  try {
    const { size } = fstatSync(descriptor)
    const tail = Buffer.alloc(Math.min(size, crashReportBytes))
    readSync(descriptor, tail, 0, tail.length, size - tail.length)
    return tail.toString('utf8').trimEnd().split('\n').slice(-lines)
  } finally {
    closeSync(descriptor)
  }
}
