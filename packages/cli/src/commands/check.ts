import { CommandFailure, exitCode, type Command } from '../command.ts'
import { checkDefinitions, summaryOf } from '../definitions.ts'

export const check: Command = {
  name: 'check',
  operands: 'FILE',
  summary: 'Checks a definitions file, without servers: each problem with its line and column.',
  options: {},
  run(_, operands, io) {
    const [file, ...more] = operands
    if (file === undefined || more.length > 0) throw new CommandFailure(exitCode.usage, 'takes one definitions file')
    const checked = checkDefinitions(file, io.cwd)
    if (checked.ok) io.out(`${file}: ${summaryOf(checked.file.definitions)}\n`)
    else for (const problem of checked.problems) io.out(`${problem}\n`)
    return Promise.resolve(checked.ok ? exitCode.ok : exitCode.no)
  },
}
