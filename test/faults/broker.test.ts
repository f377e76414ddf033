import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { randomFrom } from '@cairn/testkit'
import { openRig, type Rig } from '../support/rig.ts'
import { seed } from '../support/seed.ts'
import { ownKafka } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { untilStopped } from '../support/workers.ts'

describe(`the pipeline with its broker killed, CAIRN_SEED=${seed}`, () => {
  const random = randomFrom(seed)
  let kafka: Awaited<ReturnType<typeof ownKafka>>
  let rig: Rig

  beforeAll(async () => {
    kafka = await ownKafka()
  }, 120_000)

  afterAll(() => kafka.close())
  afterEach(() => rig.close())

  async function startPipeline() {
    rig = await openRig({ name: 'broker', seed, kafka: kafka.brokers })
    rig.start('sink')
    rig.start('ingest')
    return rig.start('attribution', { CAIRN_FAULT: 'attribution.after-produce=stop@5' })
  }

  it('between the outputs of a transaction and its commit, until the worker has given up asking', async () => {
    const worker = await startPipeline()
    const sending = rig.send(600)
    await untilStopped(worker)
    await kafka.kill()
    worker.kill('SIGCONT')
    await until(() => worker.log().includes('the transaction ended in_doubt'))
    await kafka.restart()
    await sending
    expect(await rig.judge()).toEqual([])
  }, 180_000)

  it('while a commit is under way', async () => {
    const worker = await startPipeline()
    const sending = rig.send(600)
    await untilStopped(worker)
    worker.kill('SIGCONT')
    await delay(random() * 10)
    await kafka.kill()
    await kafka.restart()
    await sending
    expect(await rig.judge()).toEqual([])
  }, 180_000)
})
