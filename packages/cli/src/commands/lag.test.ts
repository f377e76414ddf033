import { describe, expect, it } from '@jest/globals'
import { createMetrics, createSupervision, silentLogger } from '@cairn/runtime'
import { parseLags } from './lag.ts'

async function told(
  tell: (s: ReturnType<typeof createSupervision>, metrics: ReturnType<typeof createMetrics>) => void,
) {
  const metrics = createMetrics('sink')
  tell(createSupervision({ service: 'sink', done: 'queryable' }, metrics, silentLogger), metrics)
  return parseLags(await metrics.text())
}
const lag = { records: 7, seconds: 1.5 }
const place = { service: 'sink', topic: 'sessions', partition: 2 }

describe('the lag that metrics tell', () => {
  it('is of a topic and partition that runs', async () => {
    const lags = await told((supervision) => {
      supervision.onStarting(2)
      supervision.onRunning(2)
      supervision.onLag(2, 'sessions', lag)
    })
    expect(lags).toEqual([{ ...place, ...lag, state: 'running' }])
  })

  it('says of a partition that starts over that it does', async () => {
    const lags = await told((supervision) => {
      supervision.onRunning(2)
      supervision.onLag(2, 'sessions', lag)
      supervision.onRestart(2, 'failed')
    })
    expect(lags).toEqual([{ ...place, ...lag, state: 'restarting' }])
  })

  it('says why a partition has stopped', async () => {
    const lags = await told((supervision) => {
      supervision.onRunning(2)
      supervision.onLag(2, 'sessions', lag)
      supervision.onStopped(2, 'offset_gap')
    })
    expect(lags).toEqual([{ ...place, ...lag, state: 'stopped: offset_gap' }])
  })

  it('says of a partition that stopped before it knew where it stands that its lag is unknown', async () => {
    const lags = await told((supervision) => {
      supervision.onStarting(2)
      supervision.onStopped(2, 'unreadable_state')
    })
    const unknown = { topic: '', records: null, seconds: null }
    expect(lags).toEqual([{ ...place, ...unknown, state: 'stopped: unreadable_state' }])
  })

  it('keeps apart what one process does with visitors and with orders', async () => {
    const metrics = createMetrics('attribution')
    const visitors = createSupervision({ service: 'attribution', done: 'folded' }, metrics, silentLogger)
    const orders = createSupervision({ service: 'orders', done: 'decided' }, metrics, silentLogger)
    visitors.onRunning(2)
    visitors.onLag(2, 'events', lag)
    orders.onStarting(2)
    orders.onStopped(2, 'offset_gap')
    expect(parseLags(await metrics.text())).toEqual([
      { service: 'attribution', topic: 'events', partition: 2, ...lag, state: 'running' },
      { service: 'orders', topic: '', partition: 2, records: null, seconds: null, state: 'stopped: offset_gap' },
    ])
    visitors.onReleased(2)
    orders.onLag(2, 'order-events', lag)
    await new Promise((resolve) => setImmediate(resolve))
    expect(parseLags(await metrics.text())).toEqual([
      { service: 'orders', topic: 'order-events', partition: 2, ...lag, state: 'stopped: offset_gap' },
    ])
  })

  it('says what a topic-partition waits for, and of no other', async () => {
    const lags = await told((supervision, metrics) => {
      const blocked = metrics.gauge('cairn_sink_blocked', 'blocked', ['topic', 'partition', 'reason'])
      supervision.onRunning(2)
      for (const topic of ['sessions', 'conversions'] as const) supervision.onLag(2, topic, lag)
      blocked.set({ topic: 'sessions', partition: 2, reason: 'permanent' }, 1)
      blocked.set({ topic: 'sessions', partition: 2, reason: 'retriable' }, 0)
    })
    expect(lags.map(({ topic, state }) => [topic, state])).toEqual([
      ['sessions', 'blocked: permanent'],
      ['conversions', 'running'],
    ])
  })
})
