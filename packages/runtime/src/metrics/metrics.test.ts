import { describe, expect, it } from '@jest/globals'
import { createMetrics } from './metrics.ts'

describe('metrics', () => {
  it('lets go of what the gauges say of one partition, and of nothing else', async () => {
    const metrics = createMetrics('test')
    const lag = metrics.gauge('cairn_test_lag_records', 'lag', ['topic', 'partition'])
    const seen = metrics.counter('cairn_test_seen_total', 'seen', ['partition'])
    for (const partition of [0, 1]) {
      lag.set({ topic: 'events', partition }, 7)
      seen.inc({ partition })
    }
    await metrics.releasePartition(0)
    const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('cairn_test'))
    expect(lines).toEqual([
      'cairn_test_lag_records{topic="events",partition="1",service="test"} 7',
      'cairn_test_seen_total{partition="0",service="test"} 1',
      'cairn_test_seen_total{partition="1",service="test"} 1',
    ])
  })
})
