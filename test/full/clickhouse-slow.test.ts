import { afterEach, describe, expect, it } from '@jest/globals'
import { barrier, Bench, events } from '../support/sink-bench.ts'
import { until } from '../support/until.ts'
import { bytesRead } from '../support/workers.ts'

const mebibyte = 1024 * 1024

let bench: Bench
afterEach(() => bench.close())

describe('the sink with a ClickHouse that answers later than anybody waits', () => {
  /** An insert is waited for 90 s, which is longer than the server may work on one. */
  it('repeats the insert under its token, stores every row once, and reads no more than its bounds hold', async () => {
    bench = await new Bench().open()
    const proxy = await bench.proxy()
    const sink = bench.apart({ CLICKHOUSE_URL: proxy.url, INBOX_BYTES: String(mebibyte), BATCH_ROWS: '1000' })
    await bench.send('labelled-events', 0, [...events(0, 1000), barrier('begun')])
    await until(async () => (await bench.count('barriers')) === 1)

    const [answered, read] = [proxy.answered().length, bytesRead(sink.pid)]
    proxy.silenceNext()
    const sentAt = performance.now()
    await bench.send('labelled-events', 0, events(1000, 1000))
    await until(() => proxy.answered().length > answered)
    expect(await bench.count('events')).toBe(2000)
    const token = proxy.answered()[answered]!
    for (let from = 2000; from < 62_000; from += 5000) await bench.send('labelled-events', 0, events(from, 5000))
    await until(() => proxy.tokens().filter((one) => one === token).length > 1, 120_000)
    expect(performance.now() - sentAt).toBeGreaterThan(60_000)
    // What was sent meanwhile is several times as much.
    expect((bytesRead(sink.pid) - read) / mebibyte).toBeLessThan(6)
    expect(await bench.stored()).toMatchObject({ events: 62_000, distinctEvents: 62_000 })
  }, 300_000)
})
