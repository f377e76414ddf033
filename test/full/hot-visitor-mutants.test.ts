import { afterAll, afterEach, expect, it, jest } from '@jest/globals'
import { slowed, startHotRun, type HotRun } from '../support/hot-visitor.ts'
import { discardMutants, mutantOf } from '../support/mutant.ts'
import { endProcesses } from '../support/workers.ts'

jest.setTimeout(120_000)

let run: HotRun | undefined
afterEach(async () => {
  await run?.close()
  await endProcesses()
})
afterAll(discardMutants)

/** That the product passes, hot-visitor.test.ts beside it shows. */
it('a hot visitor slows the others where nothing bounds its sessions', async () => {
  const root = mutantOf({
    name: 'sessions-without-end',
    file: 'packages/domain/dist/fold/shed.js',
    from: `if (excess <= 0 && surplus <= 0)
        return;`,
    to: 'return;',
  })
  run = await startHotRun(root)
  const problems = slowed(await run.beside('demanding', 2_000))
  expect(problems).toContainEqual(expect.stringMatching(/^others in partition 0 wait/))
})
