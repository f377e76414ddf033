import { describe, expect, it } from '@jest/globals'
import { Gate } from './gate.ts'

describe('Gate', () => {
  it('lets in as many as it is wide, the others in their order, also after failures', async () => {
    const gate = new Gate(2)
    const [log, leave]: [string[], (() => void)[]] = [[], []]
    const tasks = ['a', 'b', 'c', 'd'].map((name) =>
      gate.run(async () => {
        log.push(name)
        await new Promise<void>((resolve) => leave.push(resolve))
        if (name === 'a') throw new Error(name)
      }),
    )
    const settled = Promise.allSettled(tasks)
    const turn = () => new Promise(setImmediate)
    await turn()
    expect(log).toEqual(['a', 'b'])
    leave[0]!()
    await turn()
    expect(log).toEqual(['a', 'b', 'c'])
    leave[1]!()
    leave[2]!()
    await turn()
    leave[3]!()
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled'])
    expect(log).toEqual(['a', 'b', 'c', 'd'])
  })
})
