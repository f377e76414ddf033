import { rmSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { rows } from '../../packages/cli/src/warehouse.ts'
import { metric } from '../support/metrics.ts'
import { freePort } from '../support/port.ts'
import { seed } from '../support/seed.ts'
import { openRig, type Rig } from '../support/rig.ts'
import { ownClickHouse } from '../support/servers.ts'
import { until } from '../support/until.ts'

describe(`the pipeline with ClickHouse killed, CAIRN_SEED=${seed}`, () => {
  let clickhouse: Awaited<ReturnType<typeof ownClickHouse>>
  let rig: Rig

  beforeAll(async () => {
    clickhouse = await ownClickHouse()
  }, 120_000)

  afterAll(() => clickhouse.close())
  afterEach(() => rig.close())

  it('goes on taking events meanwhile, shows how far behind it is, and recovers by itself', async () => {
    rig = await openRig({ name: 'clickhouse', seed, clickhouse })
    const port = await freePort()
    const lag = (what: string) => metric(port, `cairn_sink_lag_${what}{topic="labelled-events"`)
    const sink = rig.start('sink', { METRICS_PORT: String(port) })
    rig.start('attribution')
    const ingest = rig.start('ingest')
    const sending = rig.send(500)
    await until(
      async () => (await metric(port, 'cairn_sink_inserts_total{topic="labelled-events",outcome="stored"')) > 2,
    )
    await clickhouse.kill()
    await sending
    await rig.send(500)
    await until(async () => (await lag('records')) > 0 && (await lag('seconds')) > 3)
    await clickhouse.restart()
    expect(await rig.judge()).toEqual([])
    await until(async () => (await lag('records')) === 0)
    expect([sink, ingest].map((process) => process.hasExited())).toEqual([false, false])
  }, 120_000)

  // What a kill leaves that falls between the two: ClickHouse notes the token of an insert, then puts its rows in place.
  it('after it noted the token of an insert and before it stored the rows, and the sink with it', async () => {
    rig = await openRig({ name: 'token', seed, clickhouse, partitions: 1 })
    for (const service of ['attribution', 'ingest'] as const) rig.start(service)
    const sink = rig.start('sink', { CAIRN_FAULT: 'sink.after-insert=kill' })
    await rig.send(300)
    expect(await sink.exited).toBe('SIGKILL')
    const parts = await rows<{ path: string }>(
      rig.instance,
      "SELECT path FROM system.parts WHERE database = currentDatabase() AND table NOT LIKE 'schema%' AND active",
    )
    expect(parts).not.toEqual([])
    await clickhouse.kill()
    for (const { path } of parts) rmSync(path, { recursive: true })
    await clickhouse.restart()
    rig.start('sink')
    expect(await rig.judge()).toEqual([])
  }, 120_000)
})
