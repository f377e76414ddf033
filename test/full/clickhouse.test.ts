import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { randomFrom } from '@cairn/testkit'
import { metric } from '../support/metrics.ts'
import { freePort } from '../support/port.ts'
import { openRig, type Rig } from '../support/rig.ts'
import { seed } from '../support/seed.ts'
import { ownClickHouse } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { bytesRead } from '../support/workers.ts'

const mebibyte = 1024 * 1024

describe(`the pipeline with ClickHouse killed, CAIRN_SEED=${seed}`, () => {
  let clickhouse: Awaited<ReturnType<typeof ownClickHouse>>
  let rig: Rig

  beforeAll(async () => {
    clickhouse = await ownClickHouse()
  }, 120_000)

  afterAll(() => clickhouse.close())
  afterEach(() => rig.close())

  it('for 30 s reads no more than its bounds hold, and recovers by itself', async () => {
    const messages = 6000
    rig = await openRig({ name: 'outage', seed, clickhouse, padding: 8 * 1024 })
    const port = await freePort()
    const sink = rig.start('sink', { METRICS_PORT: String(port), INBOX_BYTES: String(mebibyte) })
    rig.start('attribution')
    rig.start('ingest')
    await rig.send(1000)
    expect(await rig.judge()).toEqual([])

    const before = bytesRead(sink.pid)
    await clickhouse.kill()
    const backAt = performance.now() + 30_000
    await rig.send(messages)
    await until(async () => (await metric(port, 'cairn_sink_lag_seconds{topic="labelled-events"')) > 20, 60_000)
    await delay(Math.max(0, backAt - performance.now()))
    // Its inboxes and a fetch for each; what was sent meanwhile is twice as much.
    expect((bytesRead(sink.pid) - before) / mebibyte).toBeLessThan(24)
    await clickhouse.restart()
    expect(await rig.judge(120_000)).toEqual([])
  }, 300_000)

  it('again and again, at any moment', async () => {
    rig = await openRig({ name: 'kills', seed, clickhouse })
    const random = randomFrom(seed)
    for (const service of ['sink', 'attribution', 'ingest'] as const) rig.start(service)
    await rig.send(300)
    expect(await rig.judge()).toEqual([])
    for (let kill = 0; kill < 8; kill++) {
      const sending = rig.send(600)
      await delay(random() * 1500)
      await clickhouse.kill()
      await clickhouse.restart()
      await sending
    }
    expect(await rig.judge(120_000)).toEqual([])
  }, 300_000)
})
