import { describe, expect, it } from '@jest/globals'
import { load } from './config.ts'

const needed = { KAFKA_BROKERS: 'k:9092', CLICKHOUSE_URL: 'http://c:8123' }

describe('configuration of the sink', () => {
  it('takes its defaults', () => {
    expect(load(needed)).toMatchObject({ ok: true, config: { SAFE_WINDOW_MS: 600_000, DEDUP_WINDOW: 100_000 } })
  })

  it('refuses to trust tokens for longer than the tables remember them', () => {
    expect(load({ ...needed, CAIRN_PARTITIONS: '64' })).toEqual({
      ok: false,
      problems: [
        'SAFE_WINDOW_MS: must be at most 390625, or DEDUP_WINDOW larger: 64 partitions that insert every 1000 ms fill 100000 tokens too soon',
      ],
    })
    expect(load({ ...needed, CAIRN_PARTITIONS: '64', SAFE_WINDOW_MS: '390625' }).ok).toBe(true)
  })

  it.each([
    ['CLICKHOUSE_URL', 'localhost:8123', 'must be http://host:port or https://host:port'],
    ['CLICKHOUSE_URL', 'clickhouse://c:9000', 'must be http://host:port or https://host:port'],
    ['CLICKHOUSE_DATABASE', 'a`b', 'must be up to 128 letters, digits, "_" and "-"'],
    ['CLICKHOUSE_DATABASE', 'system', "must be no database of ClickHouse's own"],
  ])('refuses %s=%s', (name, value, said) => {
    expect(load({ ...needed, [name]: value })).toEqual({ ok: false, problems: [`${name}: "${value}" ${said}`] })
  })
})
