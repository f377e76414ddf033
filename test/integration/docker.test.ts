import { brokersInService, discardStack, startKafka, type Crash } from '@cairn/stack'
import {
  chooseImage,
  clickHouseImage,
  kafkaImage,
  startClickHouseContainer,
  startKafkaContainer,
} from '@cairn/stack/containers'
import { afterAll, afterEach, describe, expect, it } from '@jest/globals'
import { execFileSync, spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { cairn, data, removeAll, stopAll, upWith } from '../support/cli.ts'
import { freePort } from '../support/port.ts'
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
  if (image !== undefined) return undefined
  return `image ${name} cannot be pulled; scripts/docker-stand-ins.sh builds one that stands in`
}

const noKafka = missing(kafka, kafkaImage.name)
const noCompose = answers('compose', 'version') ? undefined : 'there is no docker compose here'
const noClickHouse = missing(clickhouse, clickHouseImage.name)

describe('containers of the tests', () => {
  // Tests stop their containers themselves, and the port is published on this address only.
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true'
  process.env.TESTCONTAINERS_HOST_OVERRIDE = '127.0.0.1'

  const running: Awaited<ReturnType<typeof startKafkaContainer>>[] = []

  afterEach(async () => {
    await stopAll()
    await Promise.all(running.splice(0).map((container) => container.stop()))
  })
  afterAll(removeAll)

  /** A broker, as `host:port`. */
  async function runKafka(): Promise<string> {
    const port = await freePort()
    running.push(await startKafkaContainer(kafka!, port))
    return `127.0.0.1:${port}`
  }

  /** The URL of an engine. */
  async function runClickHouse(): Promise<string> {
    const port = await freePort()
    running.push(await startClickHouseContainer(clickhouse!, port, { user: 'shop', password: 'secret' }))
    return `http://127.0.0.1:${port}`
  }

  unless(noKafka, 'a Kafka broker is in service, on this machine only', async () => {
    const broker = await runKafka()
    await until(async () => (await brokersInService(broker, 1_000)) === 1)
    const bindings = ['inspect', '--format', '{{json .HostConfig.PortBindings}}', running[0]!.getId()]
    expect(JSON.parse(execFileSync('docker', bindings, { encoding: 'utf8' }))).toEqual({
      '9092/tcp': [{ HostIp: '127.0.0.1', HostPort: broker.split(':')[1] }],
    })
  })

  unless(noClickHouse, 'a ClickHouse answers a query', async () => {
    const url = `${await runClickHouse()}/?query=${encodeURIComponent('SELECT sum(number) FROM numbers(10)')}`
    const answer = await fetch(url, { headers: { Authorization: `Basic ${btoa('shop:secret')}` } })
    expect(await answer.text()).toBe('45\n')
  })

  unless(noKafka ?? noClickHouse, 'an event sent over HTTP comes out of ClickHouse', async () => {
    const [broker, url] = [await runKafka(), await runClickHouse()]
    const servers = { KAFKA_BROKERS: broker, CLICKHOUSE_URL: url }
    const { ready } = await upWith({ ...servers, CLICKHOUSE_USER: 'shop', CLICKHOUSE_PASSWORD: 'secret' })
    expect(ready).toMatchObject({ ready: true, kafka: broker, clickhouse: url })

    const sent = await fetch(`${ready.ingest}/v1/track`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa('dev:')}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ messageId: 'm1', anonymousId: 'ann', event: 'Product Added' }),
    })
    expect(sent.status).toBe(200)
    expect(await cairn('wait', '--data', data)).toEqual({ exit: 0, out: '', err: '' })
    const asked = 'SELECT event_id, name, goals FROM v_events FORMAT JSONCompactEachRow'
    expect((await cairn('query', asked, '--data', data)).out).toBe('["m1", "add_to_cart", ["add_to_cart"]]\n')
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
