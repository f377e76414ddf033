import { resolve } from 'node:path'
import { createCodec, deployDefinitions } from '@cairn/runtime'
import { catalogOf } from '../catalog.ts'
import { CommandFailure, dataOption, exitCode, type Command } from '../command.ts'
import { checkedDefinitions } from '../definitions.ts'
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
    const json = checkedDefinitions(resolve(io.cwd, file))
    const instance = findInstance(values, io)
    const codec = createCodec(await catalogOf(instance))
    const connection = connectionOf(instance, 'deploy')
    const number = await deployDefinitions(connection, codec, instance.namespace, json, io.interrupted)
    io.out(`definitions ${number} are in force\n`)
    return exitCode.ok
  },
}
