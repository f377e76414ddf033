import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { faultPoints, type FaultPoint } from '@cairn/runtime'
import { seed } from '../support/seed.ts'
import { openRig, type Rig, type ServiceName } from '../support/rig.ts'
import type { ServiceProcess } from '../support/workers.ts'

/** At which services a point is reached; both owners of partitions fence and restore. */
function servicesAt(point: FaultPoint): ServiceName[] {
  const service = point.split('.')[0]
  if (service === 'orders') return ['attribution']
  return service === 'ingest' || service === 'attribution' || service === 'sink' ? [service] : ['attribution', 'sink']
}

/** All points, those of one part of a service together. */
const rows = new Map<string, { readonly service: ServiceName; readonly part: string; readonly points: FaultPoint[] }>()
for (const point of faultPoints)
  for (const service of servicesAt(point)) {
    const part = point.includes('.') ? point.slice(0, point.indexOf('.')) : 'taking over'
    const row = rows.get(`${service} ${part}`) ?? { service, part, points: [] }
    rows.set(`${service} ${part}`, { ...row, points: [...row.points, point] })
  }

describe(`the pipeline with one service under a fault, CAIRN_SEED=${seed}`, () => {
  let rig: Rig
  const running = new Map<ServiceName, ServiceProcess>()

  beforeAll(async () => {
    rig = await openRig({ name: 'kill', seed })
    for (const service of ['sink', 'attribution', 'ingest'] as const) running.set(service, rig.start(service))
    // Whoever is killed then has a state to restore.
    await rig.send(200)
  }, 60_000)

  afterAll(() => rig.close())

  it.each([...rows.values()])(
    '$service killed again and again: $part, $points',
    async ({ service, points }) => {
      await running.get(service)!.stop()
      const sending: Promise<void>[] = []
      for (const point of points) {
        // A fault while a partition is taken over comes once for each, and what is sent has orders for one batch of each;
        // the others come again with each batch.
        const nth = point.includes('.') && !point.startsWith('orders.') ? 3 : 1
        const killed = rig.start(service, { CAIRN_FAULT: `${point}=kill@${nth}` })
        // Ingest, killed, answers no more: what is sent is accepted by the next one.
        sending.push(rig.send(400))
        expect([point, await killed.exited, killed.log()]).toEqual([point, 'SIGKILL', expect.any(String)])
      }
      running.set(service, rig.start(service))
      await Promise.all(sending)
      expect(await rig.judge()).toEqual([])
    },
    120_000,
  )

  it.each([
    { service: 'ingest', point: 'ingest.after-produce', effect: 'it answers 500 for what the log has' },
    { service: 'sink', point: 'sink.after-insert', effect: 'it starts a partition over whose insert is done' },
  ] as const)(
    '$service failing at $point: $effect',
    async ({ service, point }) => {
      await running.get(service)!.stop()
      const failing = rig.start(service, { CAIRN_FAULT: `${point}=fail@3` })
      running.set(service, failing)
      await rig.send(400)
      expect(await rig.judge()).toEqual([])
      expect([failing.hasExited(), failing.log()]).toEqual([false, expect.stringContaining(`asked for at ${point}`)])
    },
    120_000,
  )
})
