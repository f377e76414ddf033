import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { proxyToBroker } from '../support/broker-proxy.ts'
import { freePort } from '../support/port.ts'
import { openRig, type Rig } from '../support/rig.ts'
import { seed } from '../support/seed.ts'
import { ownKafka } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { linesWith, untilReady, untilStopped, type ServiceProcess } from '../support/workers.ts'

/** Longer than all that a test waits for may take together: what did not come in its own time is what it fails with. */
const longestMs = 420_000

describe(`the pipeline with its broker killed in a transaction, CAIRN_SEED=${seed}`, () => {
  let kafka: Awaited<ReturnType<typeof ownKafka>>
  let rig: Rig

  beforeAll(async () => {
    kafka = await ownKafka()
  }, 120_000)

  afterAll(() => kafka.close())
  afterEach(() => rig.close())

  async function startPipeline(workersBroker: string) {
    rig = await openRig({ name: 'broker', seed, kafka: kafka.brokers })
    const [sinksPort, workersPort] = [await freePort(), await freePort()]
    rig.start('ingest')
    const sink = rig.start('sink', { METRICS_PORT: String(sinksPort) })
    const worker = rig.start('attribution', {
      CAIRN_FAULT: 'attribution.after-produce=stop@5',
      KAFKA_BROKERS: workersBroker,
      METRICS_PORT: String(workersPort),
    })
    // A service that is still starting ends where Kafka does not answer, for its supervisor to start it again.
    await untilReady(sink, sinksPort)
    await untilReady(worker, workersPort)
    return worker
  }

  it(
    'between the outputs of a transaction and its commit, until the worker has given up asking',
    async () => {
      const worker = await startPipeline(kafka.brokers.join(','))
      const sending = rig.send(600)
      await untilStopped(worker)
      await kafka.kill()
      worker.kill('SIGCONT')
      await until(() => isInDoubt(worker))
      await kafka.restart()
      await sending
      expect(await rig.judge(120_000)).toEqual([])
    },
    longestMs,
  )

  it(
    'when it has committed a transaction and its answer is under way',
    async () => {
      const proxy = await proxyToBroker(Number(kafka.brokers[0]!.split(':')[1]))
      try {
        const worker = await startPipeline(proxy.address)
        const sending = rig.send(600)
        await untilStopped(worker)
        proxy.silenceEnds(`${rig.instance.namespace}.attribution-`)
        worker.kill('SIGCONT')
        await until(() => proxy.silenced() > 0)
        await kafka.kill()
        await until(() => isInDoubt(worker))
        proxy.letEndsPass()
        await kafka.restart()
        await sending
        expect(await rig.judge(120_000)).toEqual([])
      } finally {
        proxy.close()
      }
    },
    longestMs,
  )
})

/** Whether a transaction of visitors is: those of orders, in the same process, are others. */
function isInDoubt(worker: ServiceProcess): boolean {
  return linesWith(worker, 'the transaction ended in_doubt', '/partition/loop.').length > 0
}
