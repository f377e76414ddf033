import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { metric } from '../support/metrics.ts'
import { freePort } from '../support/port.ts'
import { seed } from '../support/random.ts'
import { openRig, type Rig } from '../support/rig.ts'
import { ownClickHouse } from '../support/servers.ts'
import { until } from '../support/until.ts'

describe(`the pipeline with ClickHouse killed, CAIRN_SEED=${seed}`, () => {
  let clickhouse: Awaited<ReturnType<typeof ownClickHouse>>
  let rig: Rig

  beforeAll(async () => {
    clickhouse = await ownClickHouse()
    rig = await openRig({ name: 'clickhouse', seed, clickhouse })
  }, 120_000)

  afterAll(async () => {
    await rig.close()
    await clickhouse.close()
  })

  it('goes on taking events meanwhile, shows how far behind it is, and recovers by itself', async () => {
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
})
