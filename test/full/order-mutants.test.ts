import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals'
import { discardMutants, mutantOf, type Mutation } from '../support/mutant.ts'
import type { OrderDifference } from '../support/order-replay.ts'
import {
  diskLost,
  handedOver,
  killed,
  killedCorrecting,
  takenBack,
  zombieWakes,
  type OrderRow,
} from '../support/order-rows.ts'
import { endProcesses, repository } from '../support/workers.ts'

jest.setTimeout(240_000)
afterEach(endProcesses)
afterAll(discardMutants)

interface Case {
  readonly row: OrderRow
  readonly mutation: Mutation
  /** What the mutant does to verdicts, states or outputs; several where it depends on which of two writers is last. */
  readonly wrong: readonly `${OrderDifference['where']} ${OrderDifference['what']}`[]
}

/** In what both folds share: visitors are to go on as ever. */
const ofOrders = `this.#options.stateTopic.endsWith('order-state')`

/** Of what another owner wrote since, the disk has nothing either. */
const restNotRead: Omit<Mutation, 'name'> = {
  file: 'services/attribution/dist/stored/stored-state.js',
  from: 'this.#note(record);',
  to: `if (!this.isWarm || !(${ofOrders})) this.#note(record);`,
}

const cases: readonly Case[] = [
  {
    row: killed('orders.after-commit=kill@6'),
    mutation: {
      name: 'committed-before-it-is-said',
      file: 'services/attribution/dist/orders/loop.js',
      from: `            await this.#append(batch.verdicts);
            await this.#commit(orders, batch);`,
      to: `            await this.#commit(orders, batch);
            await this.#append(batch.verdicts);`,
    },
    wrong: ['verdict missing'],
  },
  {
    row: killed('orders.before-append=kill@6'),
    mutation: {
      name: 'states-not-written',
      file: 'services/attribution/dist/orders/loop.js',
      from: 'records: [...changed, meta]',
      to: `records: [...changed.filter(({ key }) => key.startsWith('\\u0001')), meta]`,
    },
    wrong: ['state missing'],
  },
  {
    row: killedCorrecting('orders.after-append=kill@2'),
    mutation: {
      name: 'what-was-said-forgotten',
      file: 'packages/runtime/dist/codec/order.js',
      from: 'return decoded.value;',
      to: 'return { ...decoded.value, said: null };',
    },
    wrong: ['verdict different'],
  },
  {
    row: killedCorrecting('orders.after-append=kill@2'),
    mutation: {
      name: 'verdicts-taken-again',
      file: 'packages/domain/dist/fold/orders.js',
      from: 'if (order_offset <= kept.order_offset)',
      to: 'if (false)',
    },
    wrong: ['output extra'],
  },
  {
    row: killed('orders.before-store=kill@3'),
    mutation: {
      name: 'disk-of-orders-says-it-has-what-it-has-not',
      file: 'services/attribution/dist/stored/stored-state.js',
      from: 'await beforeStore();',
      to: `if (${ofOrders}) await this.disk.write([], this.#control());
        await beforeStore();`,
    },
    wrong: ['verdict different', 'state different'],
  },
  {
    row: diskLost('outdated'),
    mutation: { name: 'what-the-disk-of-orders-lacks-not-read', ...restNotRead },
    wrong: ['verdict different', 'state different'],
  },
  {
    row: takenBack(),
    mutation: { name: 'orders-of-another-owner-not-read', ...restNotRead },
    wrong: ['verdict different', 'state different'],
  },
  {
    row: handedOver(),
    mutation: {
      name: 'orders-taken-over-without-those-on-the-disk',
      file: 'services/attribution/dist/orders/loop.js',
      from: 'new StoredOrders(shell.orderCodec, stored.disk)',
      to: 'new StoredOrders(shell.orderCodec, stored.isWarm ? { get: () => undefined, dues: () => [] } : stored.disk)',
    },
    wrong: ['verdict missing', 'verdict different', 'state different'],
  },
  {
    row: zombieWakes(),
    mutation: {
      name: 'orders-not-fenced',
      file: 'packages/runtime/dist/kafka/takeover.js',
      from: '`${options.transactionalPrefix}-${partition.partition}`',
      // A transaction of visitors that nobody ends would hold back all that reads their outputs for its minute.
      to: "`${options.transactionalPrefix}-${partition.partition}${options.transactionalPrefix.endsWith('.orders') ? randomUUID() : ''}`",
    },
    wrong: ['state different', 'output different', 'output extra'],
  },
]

describe.each(cases.map((one) => ({ name: one.mutation.name, ...one })))('orders with $name', (one) => {
  it('are found out by a row that the product passes', async () => {
    expect(await one.row(repository)).toEqual([])
    const found = await one.row(mutantOf(one.mutation))
    const kinds = [...new Set(found.map(({ where, what }) => `${where} ${what}` as const))]
    expect({ kinds, isFound: one.wrong.some((kind) => kinds.includes(kind)) }).toEqual({ kinds, isFound: true })
  })
})
