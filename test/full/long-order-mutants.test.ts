import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it, jest } from '@jest/globals'
import { discardMutants, mutantOf, type Mutation } from '../support/mutant.ts'
import { repository } from '../support/workers.ts'

jest.setTimeout(60_000)
afterAll(discardMutants)

const run = promisify(execFile)

/** What orders come to that take months, or more than a visitor has room for, by the build of a folder. */
async function comeTo(root: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, [join(repository, 'test', 'support', 'long-orders.js'), root])
  return JSON.parse(stdout)
}

/** The one is worth what was said last, and each of the others counts once for each of its goals. */
const right = { prolonged: [700], saidAgain: 800 }

interface Case {
  readonly mutation: Mutation
  readonly wrong: object
}

const cases: readonly Case[] = [
  {
    mutation: {
      name: 'order-that-goes-on-changing-not-said-again',
      file: 'packages/domain/dist/order/fold.js',
      from: 'periodOf(before.touched_at) === periodOf(now)',
      to: 'true',
    },
    wrong: { prolonged: [1_000] },
  },
  {
    mutation: {
      name: 'orders-there-is-no-room-for-forgotten-at-once',
      file: 'packages/domain/dist/fold/kept-order.js',
      from: 'shed(shed(shed(orders, withoutAssists), withoutCredits), bare)',
      to: 'shed(shed(orders, withoutAssists), withoutCredits)',
    },
    wrong: { saidAgain: 1_600 },
  },
]

describe('long orders', () => {
  it('come to what they should with the product', async () => {
    expect(await comeTo(repository)).toEqual(right)
  })

  it.each(cases.map((one) => ({ name: one.mutation.name, ...one })))(
    'do not with $name',
    async ({ mutation, wrong }) => {
      expect(await comeTo(mutantOf(mutation))).toEqual({ ...right, ...wrong })
    },
  )
})
