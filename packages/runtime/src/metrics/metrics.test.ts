import { describe, expect, it } from '@jest/globals'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { commonSettings } from '../config/config.ts'
import { createMetrics, serveMetrics } from './metrics.ts'

describe('metrics', () => {
  it('lets go of what the gauges say of one partition, and of nothing else', async () => {
    const metrics = createMetrics('test')
    const lag = metrics.gauge('cairn_test_lag_records', 'lag', ['topic', 'partition'])
    const other = metrics.gauge('cairn_other_lag_records', 'lag', ['topic', 'partition'])
    const seen = metrics.counter('cairn_test_seen_total', 'seen', ['partition'])
    for (const partition of [0, 1]) {
      lag.set({ topic: 'events', partition }, 7)
      other.set({ topic: 'events', partition }, 8)
      seen.inc({ partition })
    }
    await metrics.releasePartition(0, 'cairn_test_')
    const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('cairn_'))
    expect(lines).toEqual([
      'cairn_test_lag_records{topic="events",partition="1",service="test"} 7',
      'cairn_other_lag_records{topic="events",partition="0",service="test"} 8',
      'cairn_other_lag_records{topic="events",partition="1",service="test"} 8',
      'cairn_test_seen_total{partition="0",service="test"} 1',
      'cairn_test_seen_total{partition="1",service="test"} 1',
    ])
  })
})

describe('metrics and health', () => {
  it.each([
    ['this machine only, by default', undefined, '127.0.0.1'],
    ['others too, where the setting says so', '0.0.0.0', '0.0.0.0'],
  ])('are there for %s', async (_, setting, address) => {
    const host = commonSettings.METRICS_HOST.parse(setting)
    const server = await serveMetrics(createMetrics('test'), { host, port: 0 }, () => ['Kafka'])
    try {
      const at = server.address() as AddressInfo
      expect(at.address).toBe(address)
      const ready = await fetch(`http://127.0.0.1:${at.port}/readyz`)
      expect([ready.status, await ready.json()]).toEqual([503, { ok: false, missing: ['Kafka'] }])
    } finally {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  })
})
