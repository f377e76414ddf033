import { startKafka, type KafkaServer, type ManagedServer } from '@cairn/stack'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { resolve } from 'node:path'
import { skippedFor, withoutNativeKafka } from '../../support/native-kafka.ts'
import { nativeEnvironment, runs, startParent, temporaryDataDir } from './processes.ts'

const jars = resolve(import.meta.dirname, '..', '..', '..', '.cairn', 'kafka-4.3.1', '*')

/** Runs one of Kafka's own command-line tools and answers what it printed. */
function tool(mainClass: string, args: readonly string[], input = ''): string {
  return execFileSync('java', ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', jars, mainClass, ...args], {
    encoding: 'utf8',
    input,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
}

const obstacle = await withoutNativeKafka()
const withNativeKafka = obstacle === undefined ? describe : describe.skip

withNativeKafka(`Kafka started here${skippedFor(obstacle)}`, () => {
  const dataDir = temporaryDataDir()
  let kafka: KafkaServer & { readonly server: ManagedServer }

  async function start() {
    const result = await startKafka({ dataDir, env: nativeEnvironment(), onCrash: () => undefined })
    if (!result.ok) throw new Error(result.message)
    return { ...result.kafka, server: result.kafka.server! }
  }

  const bootstrap = () => ['--bootstrap-server', kafka.brokers[0]!]

  /** `topic:partition:end` of the test's topic. */
  const endOffset = () => tool('org.apache.kafka.tools.GetOffsetShell', [...bootstrap(), '--topic', 'kept']).trim()

  beforeAll(async () => {
    kafka = await start()
  }, 120_000)

  afterAll(async () => {
    await kafka.server.stop()
    rmSync(dataDir, { recursive: true })
  })

  it('keeps what it acknowledged when it is killed, stopped, and killed together with its parent', async () => {
    tool('org.apache.kafka.tools.TopicCommand', [...bootstrap(), '--create', '--topic', 'kept', '--partitions', '1'])
    tool('org.apache.kafka.tools.ConsoleProducer', [...bootstrap(), '--topic', 'kept'], 'one\ntwo\nthree\n')
    expect(endOffset()).toBe('kept:0:3')

    await kafka.server.kill('SIGKILL')
    expect(await kafka.server.restart()).toBeUndefined()
    expect(endOffset()).toBe('kept:0:3')

    const { brokers } = kafka
    const stopped = kafka.server.pid!
    await kafka.server.stop()
    expect(runs(stopped)).toBe(false)

    const { parent, serverPid } = await startParent('kafka', dataDir)
    parent.kill('SIGKILL')
    await once(parent, 'exit')
    expect(runs(serverPid)).toBe(true)

    kafka = await start()
    expect(runs(serverPid)).toBe(false)
    expect(kafka.brokers).toEqual(brokers)
    expect(endOffset()).toBe('kept:0:3')
  }, 180_000)

  it('listens on the loopback interface only', async () => {
    const port = Number(kafka.brokers[0]!.split(':')[1])
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
    for (const { address } of outside) expect(await isOpen(address, port)).toBe(false)
    expect(await isOpen('127.0.0.1', port)).toBe(true)
  })
})

function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect({ host, port })
    const finish = (open: boolean) => {
      socket.destroy()
      answer(open)
    }
    socket.once('connect', () => finish(true))
    socket.once('error', () => finish(false))
    socket.setTimeout(2_000, () => finish(false))
  })
}
