import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { brokersInService } from '@cairn/stack'
import { brokerProperties } from '../../packages/stack/src/native/kafka.ts'
import { proxyToBroker, type BrokerProxy } from './broker-proxy.ts'
import type { NativeRuntime } from './native-kafka.ts'
import { freePort } from './port.ts'
import { until } from './until.ts'
import { repository } from './workers.ts'

/** A cluster in which a partition can change its leader: topics are made while only node 1 is there, node 2 joins later. */
export interface TwoBrokers {
  readonly brokers: readonly string[]
  /** Before node 1 and node 2, in this order: their clients know no other way. */
  readonly proxies: readonly BrokerProxy[]
  startSecond(): Promise<void>
  /** Moves partition 0 of a topic; resolves when the node it leaves has forgotten it, and so refuses to write to it. */
  move(topic: string, from: 1 | 2, to: 1 | 2): Promise<void>
  close(): Promise<void>
}

const startTimeoutMs = 90_000

export async function startTwoBrokers(runtime: NativeRuntime): Promise<TwoBrokers> {
  const folder = join(repository, '.cairn', 'two-brokers', String(process.pid))
  const nodes: ChildProcess[] = []
  const proxies: BrokerProxy[] = []
  const controllerPort = await freePort()
  const data = (node: number) => join(folder, `node-${node}`)
  mkdirSync(folder, { recursive: true })

  async function start(node: number): Promise<void> {
    const port = await freePort()
    const properties = join(folder, `node-${node}.properties`)
    const proxy = await proxyToBroker(port)
    proxies.push(proxy)
    writeFileSync(properties, propertiesOf(node, data(node), { port, controllerPort, advertised: proxy.address }))
    const arguments_ = ['-Xmx512m', '-cp', join(runtime.jars, '*')]
    const format = [
      'kafka.tools.StorageTool',
      'format',
      '--cluster-id',
      'dHdvLWJyb2tlcnMtY2Fpcm',
      '--config',
      properties,
    ]
    execFileSync(runtime.java, [...arguments_, ...format], { stdio: 'ignore' })
    const log = openSync(join(folder, `node-${node}.log`), 'a')
    const child = spawn(runtime.java, [...arguments_, 'kafka.Kafka', properties], { stdio: ['ignore', log, log] })
    nodes.push(child)
    await until(async () => (await brokersInService(proxy.address, 1000)) === node, startTimeoutMs)
  }

  await start(1)
  const brokers = [proxies[0]!.address]
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  return {
    brokers,
    proxies,
    startSecond: () => start(2),
    async move(topic, from, to) {
      const partitionAssignment = [{ partition: 0, replicas: [to] }]
      await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] })
      await until(() => !existsSync(join(data(from), `${topic}-0`)), 60_000)
    },
    async close() {
      await admin.disconnect()
      for (const child of nodes) {
        const exited = once(child, 'exit')
        child.kill('SIGKILL')
        await exited
      }
      for (const proxy of proxies) proxy.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The settings of the lone local broker, then what differs: of a line given twice the last counts. */
function propertiesOf(
  node: number,
  data: string,
  { port, controllerPort, advertised }: { port: number; controllerPort: number; advertised: string },
): string {
  const joined = ['node.id=2', 'process.roles=broker', `listeners=PLAINTEXT://127.0.0.1:${port}`]
  const different = [`advertised.listeners=PLAINTEXT://${advertised}`, ...(node === 1 ? [] : joined)]
  return brokerProperties(data, port, controllerPort) + different.map((line) => `${line}\n`).join('')
}
