import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { topicName } from '@cairn/runtime'
import { brokers } from '../support/kafka.ts'
import { discardMutants, mutantOf, type Mutation } from '../support/mutant.ts'
import { differencesFromReplay, type Difference } from '../support/replay.ts'
import { startTraffic, type Traffic } from '../support/traffic.ts'
import { nativeRuntime, startTwoBrokers, type TwoBrokers } from '../support/two-brokers.ts'
import { until } from '../support/until.ts'
import { endProcesses, repository, startProcess, untilStopped, type ServiceProcess } from '../support/workers.ts'

jest.setTimeout(180_000)

const runtime = await nativeRuntime()
const withBrokers = runtime === undefined ? describe.skip : describe

/** All topics of a transaction in one send. */
const oneSend: Mutation = {
  name: 'one-send-over-several-partitions',
  file: 'packages/runtime/dist/kafka/fenced-producer.js',
  from: `for (const { topic, records } of topics)
                    await write(transaction, topic, partition, records);`,
  to: `await transaction.sendBatch({
                    acks: -1,
                    topicMessages: topics.map(({ topic, records }) => ({
                        topic,
                        messages: records.map(({ key, value }) => ({ key, value, partition })),
                    })),
                });`,
}

withBrokers('a partition that changes its leader, on two brokers of this machine (needs Java 17 and Maven)', () => {
  let cluster: TwoBrokers
  let traffics: Traffic[]

  /** All topics, Kafka's own among them, are made while node 1 is alone, so that it leads all that is not moved. */
  beforeAll(async () => {
    cluster = await startTwoBrokers(runtime!)
    process.env['KAFKA_BROKERS'] = cluster.brokers.join(',')
    traffics = [await startTraffic('leader', 1, 1), await startTraffic('leader', 2, 1)]
    const first = worker(traffics[0]!, repository)
    await traffics[0]!.drain()
    await first.stop()
    await cluster.startSecond()
  })
  afterEach(endProcesses)
  afterAll(async () => {
    await cluster.close()
    discardMutants()
  })

  /**
   * The owner knows node 2 as the leader of one of its output topics. That moves to node 1, which leads all others, and
   * node 2 refuses the next write only when node 1 has taken its own.
   */
  async function leaderMoves(traffic: Traffic, root: string): Promise<Difference[]> {
    const topic = (kind: 'labelled-events' | 'conversions') => topicName(traffic.namespace, kind)
    await cluster.move(topic('conversions'), 1, 2)
    await traffic.send(500)
    const owner = worker(traffic, root, 'attribution.before-transaction=stop@4')
    await untilStopped(owner)
    await cluster.move(topic('conversions'), 2, 1)
    const before = cluster.bytesOf(topic('labelled-events'))
    cluster.signalSecond('SIGSTOP')
    owner.kill('SIGCONT')
    await until(() => cluster.bytesOf(topic('labelled-events')) > before)
    cluster.signalSecond('SIGCONT')
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
   * Sending to both at once, kafkajs asks after the refusal who leads now: node 1. Has that answered already, all is taken
   * for written and node 2's part is lost; is its answer still on the way, it is sent everything once more.
   */
  it('is lost or doubled in part, without a word, when all partitions share one send', async () => {
    const differences = await leaderMoves(traffics[1]!, mutantOf(oneSend))
    const wrong = new Set(differences.map(({ topic, what }) => `${topic} ${what}`))
    expect([...wrong]).toEqual(
      expect.arrayContaining([expect.stringMatching(/^(conversions missing|labelled-events extra)$/)]),
    )
    expect([...wrong]).not.toContain('conversions extra')
    expect([...wrong]).not.toContain('labelled-events missing')
  })
})

function worker(traffic: Traffic, root: string, fault?: string): ServiceProcess {
  const settings = {
    KAFKA_BROKERS: brokers().join(','),
    CAIRN_NAMESPACE: traffic.namespace,
    CAIRN_PARTITIONS: '1',
    BATCH_RECORDS: '50',
    // The halted owner keeps its partition.
    SESSION_TIMEOUT_MS: '60000',
  }
  return startProcess('attribution', { ...settings, ...(fault === undefined ? {} : { CAIRN_FAULT: fault }) }, root)
}
