import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals'
import {
  busy,
  killed,
  quiet,
  transactionAborts,
  zombieWakes,
  type AttributionRow,
} from '../support/attribution-rows.ts'
import { diskLost, takenBack } from '../support/disk-rows.ts'
import { discardMutants, mutantOf, type Mutation } from '../support/mutant.ts'
import type { Difference } from '../support/replay.ts'
import { endProcesses, repository } from '../support/workers.ts'

jest.setTimeout(120_000)
afterEach(endProcesses)
afterAll(discardMutants)

interface Case {
  readonly row: AttributionRow
  readonly mutation: Mutation
  /** What the mutant does to the output topics, and what it does not. */
  readonly wrong: Difference['what']
  readonly absent?: Difference['what']
}

const cases: readonly Case[] = [
  {
    row: zombieWakes('attribution.before-transaction=stop@6', quiet),
    mutation: {
      name: 'no-fencing',
      file: 'packages/runtime/dist/kafka/takeover.js',
      from: '`${options.transactionalPrefix}-${partition.partition}`',
      to: '`${options.transactionalPrefix}-${partition.partition}-${randomUUID()}`',
    },
    wrong: 'extra',
    absent: 'missing',
  },
  {
    row: transactionAborts(6, quiet),
    mutation: {
      name: 'state-applied-before-the-commit',
      file: 'services/attribution/dist/partition/loop.js',
      // An abort does not end the fold, which goes on as if its outputs were written.
      from: `if (end.end !== 'committed')`,
      to: `if (end.end === 'in_doubt')`,
    },
    wrong: 'missing',
    absent: 'extra',
  },
  {
    row: killed('attribution.after-commit=kill@6', quiet),
    mutation: {
      name: 'position-read-from-the-group',
      file: 'services/attribution/dist/partition/loop.js',
      from: 'const run = new PartitionRun(shell, partition, producer, stored);',
      to: `
        const { Kafka } = (await import('kafkajs')).default
        const admin = new Kafka({ brokers: shell.config.KAFKA_BROKERS }).admin()
        await admin.connect()
        const groupId = \`\${shell.config.CAIRN_NAMESPACE}.attribution\`
        const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [shell.topic('events')] })
        await admin.disconnect()
        const { offset } = partitions.find((one) => one.partition === partition.partition)
        saved.meta = undefined
        if (saved.checkpoint !== undefined) saved.checkpoint = { ...saved.checkpoint, position: Math.max(0, Number(offset)) }
        const run = new PartitionRun(shell, partition, producer, stored)`,
    },
    wrong: 'extra',
    absent: 'missing',
  },
  {
    row: killed('attribution.before-store=kill@3', { busy: false, checkpointMs: 400 }),
    mutation: {
      name: 'disk-says-it-has-what-it-has-not',
      file: 'services/attribution/dist/partition/stored-state.js',
      from: `await faults.reach('attribution.before-store');`,
      to: `await this.disk.write([], this.#control()); await faults.reach('attribution.before-store');`,
    },
    wrong: 'missing',
  },
  {
    row: takenBack(busy),
    mutation: {
      name: 'disk-trusted-however-old',
      file: 'services/attribution/dist/partition/stored-state.js',
      from: 'return position.next;',
      to: 'return fence;',
    },
    wrong: 'extra',
    absent: 'missing',
  },
  {
    row: diskLost('wiped', busy),
    mutation: {
      name: 'empty-disk-taken-for-an-empty-topic',
      file: 'services/attribution/dist/partition/stored-state.js',
      from: `if (position === undefined && disk.isEmpty)
            return 0;`,
      to: 'if (position === undefined) return fence;',
    },
    wrong: 'extra',
    absent: 'missing',
  },
]

describe.each(cases.map((one) => ({ name: one.mutation.name, ...one })))('attribution with $name', (one) => {
  it('is found out by a row that the product passes', async () => {
    expect(await one.row(repository)).toEqual([])
    const found = new Set((await one.row(mutantOf(one.mutation))).map(({ what }) => what))
    expect([one.wrong, found.has(one.wrong)]).toEqual([one.wrong, true])
    if (one.absent !== undefined) expect([one.absent, found.has(one.absent)]).toEqual([one.absent, false])
  })
})
