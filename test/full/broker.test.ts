import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { randomFrom } from '@cairn/testkit'
import { openRig, type Rig } from '../support/rig.ts'
import { seed } from '../support/seed.ts'
import { ownKafka } from '../support/servers.ts'

describe(`the pipeline with its broker killed, CAIRN_SEED=${seed}`, () => {
  let kafka: Awaited<ReturnType<typeof ownKafka>>
  let rig: Rig

  beforeAll(async () => {
    kafka = await ownKafka()
  }, 120_000)

  afterAll(() => kafka.close())
  afterEach(() => rig.close())

  it('again and again, at any moment', async () => {
    rig = await openRig({ name: 'kills', seed, kafka: kafka.brokers })
    const random = randomFrom(seed)
    for (const service of ['sink', 'attribution', 'ingest'] as const) rig.start(service)
    await rig.send(300)
    expect(await rig.judge()).toEqual([])
    for (let kill = 0; kill < 8; kill++) {
      const sending = rig.send(600)
      await delay(random() * 1500)
      await kafka.kill()
      await kafka.restart()
      await sending
    }
    expect(await rig.judge(120_000)).toEqual([])
  }, 600_000)

  it('for longer than its clients go on asking', async () => {
    rig = await openRig({ name: 'outage', seed, kafka: kafka.brokers })
    for (const service of ['sink', 'attribution', 'ingest'] as const) rig.start(service)
    await rig.send(300)
    expect(await rig.judge()).toEqual([])
    const sending = rig.send(600)
    await kafka.kill()
    await delay(30_000)
    await kafka.restart()
    await sending
    expect(await rig.judge(120_000)).toEqual([])
  }, 300_000)
})
