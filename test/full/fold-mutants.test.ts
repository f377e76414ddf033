import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals'
import { writeInstance } from '../../packages/cli/src/instance/instance.ts'
import type { SiteJudgement } from '../../packages/cli/src/verify/sql/judgement.ts'
import { discardMutants, mutantOf, type Mutation } from '../support/mutant.ts'
import { openRig, type Rig } from '../support/rig.ts'
import { until } from '../support/until.ts'
import { endProcesses, repository } from '../support/workers.ts'

jest.setTimeout(240_000)
afterEach(endProcesses)
afterAll(discardMutants)

interface Case {
  readonly mutation: Mutation
  /** Of which kind the rows are that it makes wrong. */
  readonly wrong: readonly string[]
}

/** Wrong in what the fold means, so that folding again, with the same code, finds nothing. */
const cases: readonly Case[] = [
  {
    mutation: {
      name: 'exactly-the-gap-ends-a-session',
      file: 'packages/domain/dist/session/place.js',
      from: 'return distance(session, event.event_time) <= rules.gapMs;',
      to: 'return distance(session, event.event_time) < rules.gapMs;',
    },
    wrong: ['conversions', 'credits', 'sessions'],
  },
  {
    mutation: {
      name: 'refund-taken-twice',
      file: 'packages/domain/dist/order/refunds.js',
      from: 'const known = refunds.find(({ id }) => id === added.id);',
      to: 'const known = undefined;',
    },
    wrong: ['conversions', 'credits'],
  },
]

const minutes = (n: number): string => new Date(Date.UTC(2026, 4, 4, 8, n)).toISOString()
const order = { order_id: 'A-1', currency: 'EUR' }
const refund = { type: 'track', messageId: 'refund', anonymousId: 'ann', event: 'Order Refunded', timestamp: minutes(35), properties: { ...order, value: 5 } } // prettier-ignore
/** A visit with a pause of exactly the gap in it, and an order of which a refund is reported twice. */
const batch = [
  { type: 'page', messageId: 'came', anonymousId: 'ann', timestamp: minutes(0) },
  { type: 'track', messageId: 'bought', anonymousId: 'ann', event: 'Order Completed', timestamp: minutes(30), properties: { ...order, revenue: 40 } }, // prettier-ignore
  refund,
  refund,
]

async function send({ instance }: Rig): Promise<void> {
  const headers = { authorization: `Basic ${btoa('dev:')}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ batch })
  const post = () => fetch(`${instance.ingest}/v1/batch`, { method: 'POST', headers, body }).catch(() => undefined)
  let taken: Response | undefined
  // Until ingest listens, nothing is kept.
  await until(async () => (taken = await post())?.ok === true)
  expect(await taken?.json()).toEqual({ accepted: batch.length, refused: [] })
}

interface Judged {
  readonly exit: number | null
  /** Differences that folding again found, and events it did not find again. */
  readonly differences: readonly unknown[]
  readonly unaccounted: number
  /** Kinds of rows that SQL found a difference in. */
  readonly wrong: readonly string[]
}

/** What `cairn verify` of this build says of what its services have made of the batch: folding again, and by SQL, too. */
async function judged(root: string): Promise<{ readonly folded: Judged; readonly bySql: Judged }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'cairn-fold-mutants-'))
  const rig = await openRig({ name: 'fold-mutants', seed: 1, root })
  try {
    for (const service of ['sink', 'attribution', 'ingest'] as const) rig.start(service)
    await send(rig)
    writeInstance(dataDir, rig.instance)
    return { folded: await verified(root, dataDir), bySql: await verified(root, dataDir, '--sql') }
  } finally {
    await rig.close()
    rmSync(dataDir, { recursive: true })
  }
}

async function verified(root: string, dataDir: string, ...args: readonly string[]): Promise<Judged> {
  const main = join(root, 'packages', 'cli', 'dist', 'main.js')
  const child = spawn(process.execPath, [main, 'verify', '--json', '--data', dataDir, ...args])
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const [exit] = (await once(child, 'close')) as [number | null]
  expect(err).toBe('')
  const { by_sql, differences, unaccounted } = JSON.parse(out) as Pick<Judged, 'differences' | 'unaccounted'> & {
    readonly by_sql: readonly SiteJudgement[]
  }
  const facts = by_sql.flatMap((site) => site.differences.map(({ fact }) => fact))
  return { exit, differences, unaccounted, wrong: [...new Set(facts)].sort() }
}

const nothing: Judged = { exit: 0, differences: [], unaccounted: 0, wrong: [] }

describe('a fold that is wrong', () => {
  it('is not what the product has', async () => {
    expect(await judged(repository)).toEqual({ folded: nothing, bySql: nothing })
  })

  it.each(cases.map((one) => ({ name: one.mutation.name, ...one })))(
    'is found by verify --sql, and not by folding again: $name',
    async ({ mutation, wrong }) => {
      expect(await judged(mutantOf(mutation))).toEqual({ folded: nothing, bySql: { ...nothing, exit: 1, wrong } })
    },
  )
})
