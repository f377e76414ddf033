import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals'
import {
  busy,
  killed,
  killedOften,
  quiet,
  roomy,
  stoppedAfterSeveral,
  transactionAborts,
  zombieWakes,
  type AttributionRow,
} from '../support/attribution-rows.ts'
import { diskLost, takenBack } from '../support/disk-rows.ts'
import { foldedOtherwise, killedInMerge } from '../support/merge-rows.ts'
import { killedInRefund } from '../support/refund-rows.ts'
import { discardMutants, mutantOf, type Mutation } from '../support/mutant.ts'
import type { Difference } from '../support/replay.ts'
import { endProcesses, repository } from '../support/workers.ts'

/** Longer than all that a row waits for may take together: what did not come in its own time is what it fails with. */
jest.setTimeout(300_000)
afterEach(endProcesses)
afterAll(discardMutants)

interface Case {
  readonly row: AttributionRow
  readonly mutation: Mutation
  /** What the mutant does to the output topics, and what it does not. */
  readonly wrong: Difference['what']
  readonly absent?: Difference['what']
  /** The one topic that it does anything to. */
  readonly only?: Difference['topic']
}

const positionReadFromTheGroup: Mutation = {
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
}

/** Puts the credits of a batch into the log by themselves, before or after the transaction with all else. */
function creditsApart(when: 'before' | 'after', of: string): Mutation {
  const transact = `const end = await this.#producer.transact(this.#partition.partition, this.#records(meta, isCheckpoint), () => faults.reach('attribution.after-produce'));`
  const commits = `if (end.end === 'committed') await faults.reach('attribution.after-commit');`
  return {
    name: `credits-of-a-${of}-${when}-the-transaction`,
    file: 'services/attribution/dist/partition/loop.js',
    from: transact,
    to: `
      const creditTopic = this.#shell.topic('credits')
      const given = this.#records(meta, isCheckpoint)
      const others = given.filter(({ topic }) => topic !== creditTopic)
      const credits = given.filter(({ topic }) => topic === creditTopic).flatMap(({ records }) => [...records])
      const { openProducer } = await import('@cairn/runtime')
      const write = async () => {
        if (credits.length === 0) return
        const connection = { brokers: this.#shell.config.KAFKA_BROKERS, clientId: 'apart', log: this.#shell.log }
        const apart = await openProducer(connection)
        await apart.send(creditTopic, this.#partition.partition, credits)
        await apart.close()
      }
      ${when === 'before' ? 'await write()' : ''}
      const end = await this.#producer.transact(this.#partition.partition, others, () => faults.reach('attribution.after-produce'));
      ${when === 'before' ? '' : `${commits} await write()`}`,
  }
}

const cases: readonly Case[] = [
  {
    row: zombieWakes('attribution.before-transaction=stop@6', quiet),
    mutation: {
      name: 'no-fencing',
      file: 'packages/runtime/dist/kafka/takeover.js',
      from: '`${options.transactionalPrefix}-${partition.partition}`',
      // What it leaves open in other partitions is given up soon: all wait for it.
      to: "`${options.transactionalPrefix}-${partition.partition}${options.transactionalPrefix.endsWith('.attribution') ? randomUUID() : ''}`, { timeoutMs: 10_000 }",
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
    mutation: positionReadFromTheGroup,
    wrong: 'extra',
    absent: 'missing',
  },
  {
    row: killedInMerge('attribution.after-commit', quiet),
    mutation: { ...positionReadFromTheGroup, name: 'merge-folded-twice' },
    wrong: 'extra',
    absent: 'missing',
  },
  {
    row: killedInMerge('attribution.after-produce', quiet),
    mutation: {
      name: 'position-committed-before-its-outputs',
      file: 'services/attribution/dist/partition/loop.js',
      from: 'const end = await this.#producer.transact(',
      to: `
        const first = { topic: this.#shell.topic('attribution-state'), records: [meta] }
        if (!isCheckpoint) await this.#producer.transact(this.#partition.partition, [first])
        const end = await this.#producer.transact(`,
    },
    wrong: 'missing',
    absent: 'extra',
  },
  {
    row: killedInMerge('attribution.after-produce', quiet),
    mutation: creditsApart('before', 'merge'),
    wrong: 'extra',
    absent: 'missing',
    only: 'credits',
  },
  {
    row: killedInMerge('attribution.after-commit', quiet),
    mutation: creditsApart('after', 'merge'),
    wrong: 'missing',
    absent: 'extra',
    only: 'credits',
  },
  {
    row: killedInRefund('attribution.after-produce', quiet),
    mutation: creditsApart('before', 'refund'),
    wrong: 'extra',
    absent: 'missing',
    only: 'credits',
  },
  {
    row: killedInRefund('attribution.after-commit', quiet),
    mutation: creditsApart('after', 'refund'),
    wrong: 'missing',
    absent: 'extra',
    only: 'credits',
  },
  {
    row: killedInRefund('attribution.after-produce', quiet, 'late'),
    mutation: {
      name: 'shares-of-an-order-not-restored',
      file: 'packages/runtime/dist/codec/visitor.js',
      from: 'return read(state, headerBytes);',
      to: `
        const visitor = read(state, headerBytes)
        for (const { said } of visitor.orders) for (const one of said) one.credit = null
        return visitor`,
    },
    wrong: 'missing',
    absent: 'extra',
    only: 'credits',
  },
  {
    row: killed('attribution.before-store=kill@3', { busy: false, checkpointMs: 400 }),
    mutation: {
      name: 'disk-says-it-has-what-it-has-not',
      file: 'services/attribution/dist/stored/stored-state.js',
      from: 'await beforeStore();',
      to: 'await this.disk.write([], this.#control()); await beforeStore();',
    },
    wrong: 'missing',
  },
  {
    row: stoppedAfterSeveral(roomy),
    mutation: {
      name: 'only-the-last-checkpoint-stored',
      file: 'services/attribution/dist/partition/unstored.js',
      from: 'add(states) {',
      to: 'add(states) { this.#states.clear();',
    },
    wrong: 'extra',
  },
  {
    row: takenBack(busy),
    mutation: {
      name: 'disk-trusted-however-old',
      file: 'services/attribution/dist/stored/stored-state.js',
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
      file: 'services/attribution/dist/stored/stored-state.js',
      from: `if (position === undefined && disk.size === 0)
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
    const differences = await one.row(mutantOf(one.mutation))
    const found = new Set(differences.map(({ what }) => what))
    expect([one.wrong, found.has(one.wrong)]).toEqual([one.wrong, true])
    if (one.absent !== undefined) expect([one.absent, found.has(one.absent)]).toEqual([one.absent, false])
    if (one.only !== undefined) expect([...new Set(differences.map(({ topic }) => topic))]).toEqual([one.only])
  })
})

describe('a disk that no checkpoint proves before its first write', () => {
  it('is thrown away after three kills; that the product keeps it, test/faults shows by the same row', async () => {
    const root = mutantOf({
      name: 'disk-not-proven',
      file: 'packages/runtime/dist/state-disk/disk.js',
      from: 'this.#claim.proven();',
      to: '',
    })
    const row = killedOften('attribution.after-commit=kill@30', { ...roomy, checkpointMs: 100 })
    await expect(row(root)).rejects.toThrow('the disk was of no use')
  })
})

describe('a fold that credits otherwise than what is committed', () => {
  it('stops as not_deterministic and writes nothing: the checksum has credits in it', async () => {
    const root = mutantOf({
      name: 'credits-divided-otherwise',
      file: 'packages/domain/dist/attribution/model.js',
      from: 'return apportion(WHOLE, Array(path.length).fill(1));',
      to: 'return apportion(WHOLE, path.map((_, at) => at + 1));',
    })
    expect(await foldedOtherwise(quiet)(root)).toEqual([])
  })
})
