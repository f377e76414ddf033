import { brokersInService, discardStack, startKafka, type Crash } from '@cairn/stack'
import {
  chooseImage,
  clickHouseImage,
  kafkaImage,
  startClickHouseContainer,
  startKafkaContainer,
} from '@cairn/stack/containers'
import { describe, expect, it } from '@jest/globals'
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { until } from '../support/until.ts'
import { nativeEnvironment, temporaryDataDir } from './stack/processes.ts'

const answers = (...args: readonly string[]) => spawnSync('docker', args, { stdio: 'ignore' }).status === 0

const engine = answers('info')
const images = engine
  ? [await chooseImage(kafkaImage, process.env), await chooseImage(clickHouseImage, process.env)]
  : []
const [kafka, clickhouse] = images

/** Says in its name why a test is skipped. */
function unless(obstacle: string | undefined, name: string, test: () => Promise<void>): void {
  if (obstacle === undefined) it(name, test, 300_000)
  else it.skip(`${name} (skipped: ${obstacle})`, test)
}

function missing(image: string | undefined, name: string): string | undefined {
  if (!engine) return 'no Docker engine answers'
  return image === undefined ? `image ${name} cannot be pulled and has no stand-in` : undefined
}

const noKafka = missing(kafka, kafkaImage.name)
const noCompose = answers('compose', 'version') ? undefined : 'there is no docker compose here'
const noClickHouse = missing(clickhouse, clickHouseImage.name)

describe('containers of the tests', () => {
  // Tests stop their containers themselves, and the port is published on this address only.
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true'
  process.env.TESTCONTAINERS_HOST_OVERRIDE = '127.0.0.1'

  unless(noKafka, 'a Kafka broker is in service', async () => {
    const port = await freePort()
    const container = await startKafkaContainer(kafka!, port)
    try {
      await until(async () => (await brokersInService(`127.0.0.1:${port}`, 1_000)) === 1)
      const bindings = ['inspect', '--format', '{{json .HostConfig.PortBindings}}', container.getId()]
      expect(JSON.parse(execFileSync('docker', bindings, { encoding: 'utf8' }))).toEqual({
        '9092/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }],
      })
    } finally {
      await container.stop()
    }
  })

  unless(noClickHouse, 'a ClickHouse answers a query', async () => {
    const port = await freePort()
    const container = await startClickHouseContainer(clickhouse!, port, { user: 'shop', password: 'secret' })
    try {
      const url = `http://127.0.0.1:${port}/?query=${encodeURIComponent('SELECT sum(number) FROM numbers(10)')}`
      const answer = await fetch(url, { headers: { Authorization: `Basic ${btoa('shop:secret')}` } })
      expect(await answer.text()).toBe('45\n')
    } finally {
      await container.stop()
    }
  })
})

describe('docker-compose.yml', () => {
  unless(noCompose, 'is accepted by docker compose', () => {
    const file = resolve(import.meta.dirname, '..', '..', 'docker-compose.yml')
    execFileSync('docker', ['compose', '--file', file, 'config', '--quiet'])
    return Promise.resolve()
  })
})

describe('the stack in Docker', () => {
  const obstacle = noKafka ?? noCompose

  unless(obstacle, 'keeps its address when killed, reports a crash, and leaves nothing when discarded', async () => {
    const dataDir = temporaryDataDir()
    const env = { ...nativeEnvironment(), CAIRN_STACK: 'docker', CAIRN_KAFKA_IMAGE: kafka }
    const crashes: Crash[] = []
    const started = await startKafka({ dataDir, env, onCrash: (crash) => crashes.push(crash) })
    if (!started.ok) throw new Error(started.message)
    const { kind, brokers, server } = started.kafka
    expect(kind).toBe('docker')

    await server!.kill('SIGKILL')
    expect(await server!.restart()).toBeUndefined()
    expect(await brokersInService(brokers[0]!, 1_000)).toBe(1)
    expect(crashes).toEqual([])

    execFileSync('docker', ['kill', ...containersOf(brokers[0]!)])
    await until(() => crashes.length === 1)
    expect(crashes[0]!.lastLines.join('\n')).toContain('Kafka Server started')

    await server!.stop()
    expect(containersOf(brokers[0]!)).toEqual([])
    expect(await discardStack({ dataDir, env })).toEqual({ ok: true })
  })
})

/** The running containers that publish the port of this address. */
function containersOf(address: string): readonly string[] {
  const port = address.split(':')[1]!
  const listed = execFileSync('docker', ['ps', '--quiet', '--filter', `publish=${port}`], { encoding: 'utf8' })
  return listed.split('\n').filter((id) => id !== '')
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
