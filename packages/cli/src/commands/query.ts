import { CommandFailure, dataOption, exitCode, text, type Command } from '../command.ts'
import { findInstance } from '../instance/instance.ts'
import { ask, textOf } from '../warehouse.ts'

export const query: Command = {
  name: 'query',
  operands: '"SQL"',
  summary: 'Runs a statement in ClickHouse and prints the result.',
  options: {
    ...dataOption,
    format: {
      type: 'string',
      placeholder: 'F',
      default: 'PrettyCompactMonoBlock',
      help: 'any output format of ClickHouse, such as JSONEachRow',
    },
  },
  async run(values, operands, io) {
    const [sql, ...more] = operands
    if (sql === undefined || more.length > 0)
      throw new CommandFailure(exitCode.usage, 'takes one statement; put it in quotes')
    const instance = findInstance(values, io)
    const response = await ask(instance, sql, {
      format: text(values, 'format') ?? 'TSV',
      signal: io.interrupted,
    })
    for await (const part of textOf(instance, response)) io.out(part)
    return exitCode.ok
  },
}
