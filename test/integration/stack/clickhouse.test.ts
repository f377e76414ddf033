import { startStack, type Stack } from '@cairn/stack'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { rmSync } from 'node:fs'
import { nativeEnvironment, runs, temporaryDataDir } from './processes.ts'

describe('ClickHouse started here, beside a Kafka that was given', () => {
  const dataDir = temporaryDataDir()
  let stack: Stack

  async function start() {
    const env = { ...nativeEnvironment(), KAFKA_BROKERS: process.env['KAFKA_BROKERS'] }
    const result = await startStack({ dataDir, env, onCrash: () => undefined })
    if (!result.ok) throw new Error(result.message)
    return result.stack
  }

  async function query(sql: string): Promise<string> {
    const { url, user, password } = stack.clickhouse
    const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password }
    const answer = await fetch(url, { method: 'POST', headers, body: sql })
    const body = await answer.text()
    if (!answer.ok) throw new Error(body)
    return body.trim()
  }

  beforeAll(async () => {
    stack = await start()
  }, 120_000)

  afterAll(async () => {
    await stack.stop()
    rmSync(dataDir, { recursive: true })
  })

  it('keeps what it acknowledged when it is killed and when it is stopped', async () => {
    const { server, url } = stack.clickhouse
    await query('CREATE TABLE kept (n UInt64) ENGINE = MergeTree ORDER BY n')
    await query('INSERT INTO kept SELECT number FROM numbers(1000)')

    await server!.kill('SIGKILL')
    expect(await server!.restart()).toBeUndefined()
    expect(await query('SELECT count() FROM kept')).toBe('1000')

    const stopped = server!.pid!
    await stack.stop()
    expect(runs(stopped)).toBe(false)
    stack = await start()
    expect(stack.clickhouse.url).toBe(url)
    expect(await query('SELECT count() FROM kept')).toBe('1000')
  }, 180_000)

  it('lets nobody in without its password', async () => {
    const answer = await fetch(`${stack.clickhouse.url}/?query=SELECT%201`)
    expect(answer.ok).toBe(false)
  })

  it('leaves the Kafka that was given alone', () => {
    expect(stack.kafka.kind).toBe('given')
    expect(stack.kafka.server).toBeUndefined()
  })
})
