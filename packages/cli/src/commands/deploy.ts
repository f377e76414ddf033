import { createCodec, deployDefinitions, deployedDefinitions } from '@cairn/runtime'
import { catalogOf } from '../catalog.ts'
import { CommandFailure, dataOption, exitCode, type Command } from '../command.ts'
import { checkedDefinitions, summaryOf } from '../definitions.ts'
import { connectionOf } from '../flush.ts'
import { findInstance } from '../instance/instance.ts'

export const deploy: Command = {
  name: 'deploy',
  operands: 'FILE',
  summary: 'Puts a definitions file in force for all events from now on.',
  options: dataOption,
  async run(values, operands, io) {
    const [file, ...more] = operands
    if (file === undefined || more.length > 0) throw new CommandFailure(exitCode.usage, 'takes one definitions file')
    const { json, definitions } = checkedDefinitions(file, io.cwd)
    const instance = findInstance(values, io)
    const codec = createCodec(await catalogOf(instance))
    const connection = connectionOf(instance, 'deploy')
    const before = await deployedDefinitions(connection, instance.namespace, io.interrupted)
    // Also when they are in force already: that finishes a deploy that broke off half way.
    const number = await deployDefinitions(connection, codec, instance.namespace, json, io.interrupted)
    io.out(`${file}: ${summaryOf(definitions)}\n`)
    const isNew = before?.number !== number
    io.out(`definitions ${number} are in force${isNew ? '' : ' already; nothing changes'}\n`)
    return exitCode.ok
  },
}
