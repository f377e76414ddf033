import { readFileSync } from 'node:fs'
import { readDefinitions } from '@cairn/runtime'
import { CommandFailure, exitCode } from './command.ts'
import { whyUnreadable } from './system-error.ts'

/** The checked definitions of a file, ready to be deployed; a failure that names every line that is refused. */
export function checkedDefinitions(path: string): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new CommandFailure(exitCode.usage, whyUnreadable(path, error))
  }
  const read = readDefinitions(text)
  if (read.ok) return read.json
  const problems = read.problems.map((problem) => `  line ${problem.line}: ${problem.message}`)
  throw new CommandFailure(exitCode.usage, `${path} is refused:\n${problems.join('\n')}`)
}
