import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { readLog, silentLogger, topicName } from '@cairn/runtime'
import type { BrokerProxy } from '../support/broker-proxy.ts'
import { brokers } from '../support/kafka.ts'
import { discardMutants, mutantOf, type Mutation } from '../support/mutant.ts'
import { nativeRuntime, skippedFor } from '../support/native-kafka.ts'
import { differencesFromReplay, type Difference } from '../support/replay.ts'
import { startTraffic, type Traffic } from '../support/traffic.ts'
import { startTwoBrokers, type TwoBrokers } from '../support/two-brokers.ts'
import { until } from '../support/until.ts'
import { endProcesses, repository, startProcess, untilStopped, type ServiceProcess } from '../support/workers.ts'

jest.setTimeout(180_000)

const runtime = await nativeRuntime()
const withBrokers = runtime.ok ? describe : describe.skip

/** All topics of a transaction in one send. */
const oneSend: Mutation = {
  name: 'one-send-over-several-partitions',
  file: 'packages/runtime/dist/kafka/fenced-producer.js',
  from: `for (const { topic, records } of topics) {
                    const end = await write(transaction, topic, partition, records, room);
                    if (end !== undefined)
                        ends.set(topic, end);
                }`,
  to: `await transaction.sendBatch({
                    acks: -1,
                    topicMessages: topics.map(({ topic, records }) => ({
                        topic,
                        messages: [...records].map(({ key, value }) => ({ key, value, partition })),
                    })),
                });`,
}

withBrokers(`a partition that changes its leader, on two brokers of this machine${skippedFor(runtime)}`, () => {
  let cluster: TwoBrokers
  let traffics: Traffic[]

  /** All topics, Kafka's own among them, are made while node 1 is alone, so that it leads all that is not moved. */
  beforeAll(async () => {
    if (!runtime.ok) throw new Error(runtime.message)
    cluster = await startTwoBrokers(runtime)
    process.env['KAFKA_BROKERS'] = cluster.brokers.join(',')
    traffics = [await startTraffic('leader', 1, 1), await startTraffic('leader', 2, 1)]
    const first = await startTraffic('first', 3, 1)
    const owner = worker(first, repository)
    await first.drain()
    await owner.stop()
    await first.close()
    await cluster.startSecond()
  })
  afterEach(endProcesses)
  afterAll(async () => {
    await cluster.close()
    discardMutants()
  })

  /**
   * The owner knows node 2 as the leader of one of its output topics. While it is halted that moves to node 1, which leads
   * all others. Node 2 gets, and refuses, what it is sent next only when node 1 has answered.
   */
  async function leaderMoves(traffic: Traffic, root: string): Promise<Difference[]> {
    const moved = topicName(traffic.namespace, 'conversions')
    await cluster.move(moved, 1, 2)
    const owner = worker(traffic, root)
    // Not at the heels of its fence: of two transactions in a row the second is refused at first, and tried again.
    await until(() => hasRecords(topicName(traffic.namespace, 'attribution-state')))
    // Barriers go into every output topic: it knows the leaders of all, and asks again only when one refuses.
    await traffic.drain()
    owner.kill('SIGSTOP')
    await untilStopped(owner)
    await cluster.move(moved, 2, 1)
    await traffic.send(500)
    const [first, second] = cluster.proxies as readonly [BrokerProxy, BrokerProxy]
    const before = first.answered()
    second.hold()
    owner.kill('SIGCONT')
    await until(() => second.held() > 0 && first.answered() > before)
    second.release()
    await traffic.drain()
    const differences = await differencesFromReplay(traffic.namespace)
    await traffic.close()
    await owner.stop()
    return differences
  }

  it('loses nothing in the product, which sends to one partition at a time', async () => {
    expect(await leaderMoves(traffics[0]!, repository)).toEqual([])
  })

  /**
   * Sending to both at once, kafkajs asks after the refusal who leads now: node 1. That has answered already, so all is
   * taken for written.
   */
  it('loses a part of the transaction without a word when all partitions share one send', async () => {
    const differences = await leaderMoves(traffics[1]!, mutantOf(oneSend))
    expect(differences).toContainEqual(expect.objectContaining({ topic: 'conversions', what: 'missing' }))
    expect(new Set(differences.map(({ topic }) => topic))).toEqual(new Set(['conversions']))
  })
})

function worker(traffic: Traffic, root: string): ServiceProcess {
  const settings = {
    KAFKA_BROKERS: brokers().join(','),
    CAIRN_NAMESPACE: traffic.namespace,
    CAIRN_PARTITIONS: '1',
    // While it is halted its partition stays with it, and no transaction is open: not even that of a checkpoint.
    SESSION_TIMEOUT_MS: '300000',
    CHECKPOINT_MS: '600000',
  }
  return startProcess('attribution', settings, root)
}

async function hasRecords(topic: string): Promise<boolean> {
  let found = false
  await readLog({ brokers: brokers(), clientId: 'leader', log: silentLogger }, topic, () => (found = true))
  return found
}
