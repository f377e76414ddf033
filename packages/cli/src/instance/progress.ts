import type { Io } from '../command.ts'

/**
 * Tells a person what an instance is doing. A further interrupt is answered with what it waits for, not obeyed: the
 * process that ended now would leave the others behind, and each wait has an end of its own.
 */
export function tellProgress(io: Io): (line: string) => void {
  let current = ''
  io.onFurtherInterrupt(() =>
    io.err(`still ${current}; what does not end in time is killed, so that nothing is left\n`),
  )
  return (line) => {
    if (/^(?:starting|stopping|creating) /.test(line)) current = line
    io.err(`${line}\n`)
  }
}
