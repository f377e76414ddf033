import { CommandFailure, dataOption, exitCode, text, type Command } from '../command.ts'
import { findInstance } from '../instance/instance.ts'
import { ask } from '../warehouse.ts'

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
    const response = await ask(findInstance(values, io), sql, { format: text(values, 'format') ?? 'TSV' })
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) io.out(decoder.decode(chunk as Uint8Array, { stream: true }))
    return exitCode.ok
  },
}
