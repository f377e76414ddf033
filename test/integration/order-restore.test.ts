import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it, jest } from '@jest/globals'
import { buildEvent } from '@cairn/testkit/domain'
import { brokers } from '../support/kafka.ts'
import { metric } from '../support/metrics.ts'
import { orderDifferences } from '../support/order-replay.ts'
import { freePort } from '../support/port.ts'
import { stateFolder } from '../support/state-folder.ts'
import { startTraffic } from '../support/traffic.ts'
import { until } from '../support/until.ts'
import { endProcesses, startProcess } from '../support/workers.ts'

jest.setTimeout(120_000)
afterEach(endProcesses)

const orders = 300
const order = (i: number, name: string) =>
  buildEvent({
    event_id: `${name}-${i}`,
    name,
    order_id: `o${i}`,
    value_minor: 1_000,
    currency: 'EUR',
    event_time: Date.now(),
    is_server: name === 'refund',
  })

it('orders are restored from their disk and the rest of order-state, and without a disk from all of it', async () => {
  const traffic = await startTraffic('order-restore', 1)
  const { namespace, partitions } = traffic
  const disk = join(stateFolder, namespace)
  const port = await freePort()
  const settings = {
    KAFKA_BROKERS: brokers().join(','),
    CAIRN_NAMESPACE: namespace,
    STATE_DIR: disk,
    METRICS_PORT: String(port),
    LOG_LEVEL: 'info',
  }
  /** A worker decides what is sent, and says for how many partitions its disk was of use and how many orders it holds. */
  async function session(name: string, from: number, to: number) {
    const worker = startProcess('attribution', settings)
    await traffic.sendThese(Array.from({ length: to - from }, (_, i) => order(from + i, name)))
    await traffic.drain()
    const restored = worker
      .log()
      .split('\n')
      .filter((line) => line.includes('"orders restored"'))
    const held = async () => {
      const each = Array.from({ length: partitions }, (_, p) => metric(port, `cairn_orders_held{partition="${p}"`))
      return (await Promise.all(each)).reduce((sum, one) => sum + one, 0)
    }
    // What is committed follows to the disk.
    await until(async () => (await held()) === orders)
    await worker.stop()
    return { restored: restored.length, warm: restored.filter((line) => line.includes('"isWarm":true')).length }
  }
  expect(await session('purchase', 0, orders)).toEqual({ restored: partitions, warm: 0 })
  expect(await session('refund', 0, 100)).toEqual({ restored: partitions, warm: partitions })
  for (const folder of readdirSync(disk))
    if (folder.includes('.orders-')) rmSync(join(disk, folder), { recursive: true })
  expect(await session('refund', 100, 200)).toEqual({ restored: partitions, warm: 0 })
  expect(await orderDifferences(namespace)).toEqual([])
  await traffic.close()
})
