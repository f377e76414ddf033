import { dataOption, exitCode, whole, type Command } from '../command.ts'
import { barriersPassed, flush } from '../flush.ts'
import { findInstance } from '../instance/instance.ts'

export const wait: Command = {
  name: 'wait',
  operands: '',
  summary: 'Returns when everything accepted so far is queryable.',
  options: {
    ...dataOption,
    timeout: { type: 'string', placeholder: 'S', default: '60', help: 'seconds to wait at most' },
  },
  async run(values, _, io) {
    const instance = findInstance(values, io)
    const seconds = whole(values, 'timeout', 1) ?? 60
    const began = performance.now()
    const begun = await flush(instance, 0, seconds * 1000, io.interrupted)
    if (!begun.ok) {
      io.err(`cairn wait: ${begun.message}\n`)
      return exitCode.no
    }
    const left = Math.max(0, Math.round(seconds * 1000 - (performance.now() - began)))
    if ((await barriersPassed(instance, begun.flushId, left, io.interrupted)) !== undefined) return exitCode.ok
    io.err(`cairn wait: not everything is queryable after ${seconds} s; "cairn lag" shows what is behind\n`)
    return exitCode.no
  },
}
