import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { openFencedProducer, readLog, type DeadLetter, type Warehouse } from '@cairn/runtime'
import { freePort } from '../support/port.ts'
import { deleteRecords } from '../support/retention.ts'
import { conversion, credit, session, uuid } from '../support/records.ts'
import { sinkPartitions } from '../support/sink.ts'
import { barrier, Bench, codec, connection, corrections, events, sessions, type Stored } from '../support/sink-bench.ts'
import { until } from '../support/until.ts'
import { migratedWarehouse, rowsOf } from '../support/warehouse.ts'
import { isHalted } from '../support/workers.ts'

jest.setTimeout(120_000)

let bench: Bench
afterEach(() => bench.close())

const everythingOnce = ([events, sessions]: readonly [number, number]): Stored => ({
  events,
  distinctEvents: events,
  sessions,
  rollUpDiffers: [],
  visitorUsersDiffer: [],
})

const byChannel = (warehouse: Warehouse) =>
  rowsOf(warehouse, `SELECT channel, sum(t.sessions) AS sessions FROM ${warehouse.table('v_channel_hourly')} AS t GROUP BY channel`) // prettier-ignore

describe('the sink', () => {
  it('stores the rows of every topic, then passes the barrier behind them', async () => {
    bench = await new Bench().open()
    await bench.here()
    for (let p = 0; p < sinkPartitions; p++) {
      await bench.send('labelled-events', p, [...events(0, 700), barrier('flush-1'), ...events(700, 1)])
      await bench.send('sessions', p, [...sessions(10), ...corrections(10), barrier('flush-1')])
      await bench.send('conversions', p, [codec.encode('conversion', conversion()), barrier('flush-1')])
      await bench.send('credits', p, [codec.encode('credit', credit()), barrier('flush-1')])
    }
    await until(async () => (await bench.count('barriers', 'uniqExact((topic, partition))')) === 4 * sinkPartitions)
    await until(async () => (await bench.count('events')) === 701 * sinkPartitions)
    expect(await bench.count('events', 'uniqExact((_gen, _partition, _offset))')).toBe(701 * sinkPartitions)
    expect(await bench.count('v_conversions')).toBe(1)
    expect(await bench.count('credits FINAL')).toBe(1)
    expect(await byChannel(bench.warehouse)).toEqual([{ channel: 'Direct', sessions: 10 * sinkPartitions }])
  })

  it('sends what does not end exactly to dead letters and keeps its neighbours', async () => {
    bench = await new Bench().open()
    await bench.here()
    const good = events(0, 1)[0]!
    const bad = {
      truncated: good.subarray(0, -3),
      trailing_bytes: Buffer.concat([good, Buffer.from([1, 2])]),
      not_wire_format: Buffer.alloc(1_048_400, 7),
      unexpected_schema: sessions(1)[0]!,
      no_value: null,
    }
    await bench.send('labelled-events', 1, [good, ...Object.values(bad), good])
    await until(async () => (await bench.count('events')) === 2)
    expect(await rowsOf(bench.warehouse, `SELECT _offset, event_id FROM ${bench.warehouse.table('events')} ORDER BY _offset`)) // prettier-ignore
      .toEqual([
        { _offset: 0, event_id: 'e-0' },
        { _offset: 6, event_id: 'e-0' },
      ])
    const dead: DeadLetter[] = []
    await readLog(connection, bench.topic('dead-letters'), (_, records) => {
      for (const { value } of records) {
        const decoded = codec.decode(value)
        if (decoded.ok && decoded.kind === 'dead-letter') dead.push(decoded.value)
      }
    })
    const shown = dead.map((d) => [d.stage, d.reason, d.origin_topic, d.origin_partition, d.origin_offset])
    const reasons = Object.keys(bad)
    expect(shown).toEqual(reasons.map((reason, i) => ['sink', reason, bench.topic('labelled-events'), 1, i + 1]))
    expect(dead[0]!.payload).toEqual(bad.truncated)
    // The message with its envelope would be more than a record may hold.
    expect(dead[2]).toMatchObject({ payload: Buffer.alloc(900_000, 7), detail: expect.stringContaining('payload cut') })
  })

  it('stores a row of more than 1 MiB, and its neighbours', async () => {
    bench = await new Bench().open()
    await bench.here()
    const goals = Array.from({ length: 3 }, (_, n) => n)
    const large = session({
      session_id: uuid(2),
      goal_names: goals.map((n) => `goal ${n}`),
      goal_currencies: goals.map(() => 'E'.repeat(600_000)),
      goal_macro: goals.map(() => 0),
      goal_converted: goals.map(() => 1),
      goal_counts: goals,
      goal_values: goals,
    })
    const rows = [session({ session_id: uuid(1) }), large, session({ session_id: uuid(3) })]
    await bench.send('sessions', 0, [...rows.map((row) => codec.encode('session', row)), barrier('behind')])
    await until(async () => (await bench.count('barriers')) === 1)
    expect(await bench.count('sessions', 'sum(length(arrayStringConcat(goal_currencies)))')).toBe(1_800_000)
    expect(await bench.count('sessions')).toBe(3)
  })

  it('stands still at a barrier that holds, on that topic-partition only, until it is released', async () => {
    bench = await new Bench().open()
    await bench.here()
    await bench.send('labelled-events', 0, [...events(0, 5), barrier('held', 60_000), ...events(5, 5)])
    await until(async () => (await bench.count('barriers')) === 1)
    await bench.send('labelled-events', 1, events(0, 5))
    await until(async () => (await bench.count('events')) === 10)
    expect(await bench.count('events WHERE _partition = 0')).toBe(5)
    await bench.warehouse.insertRows('barrier_releases', [{ flush_id: 'held', at: Date.now() }])
    await until(async () => (await bench.count('events')) === 15)
  })

  it('goes on from a barrier nobody releases when its time is over', async () => {
    bench = await new Bench().open()
    await bench.here()
    await bench.send('labelled-events', 0, [barrier('left', 500), ...events(0, 1)])
    await until(async () => (await bench.count('events')) === 1)
  })

  it('goes on where a topic was quiet until its last records were deleted for their age', async () => {
    bench = await new Bench().open()
    const producer = await openFencedProducer(connection, `${bench.namespace}-shop`)
    const records = sessions(3).map((value) => ({ key: 'shop:v-1', value }))
    await producer.transact(0, [{ topic: bench.topic('sessions'), records }])
    await producer.close()
    await bench.send('conversions', 0, [barrier('quiet')])
    const first = await bench.here()
    const settled = async () => {
      const ends = new Map<string, number>()
      await readLog(connection, bench.topic('sink-state'), (_, read) => {
        for (const { value } of read) {
          const decoded = codec.decode(value)
          if (decoded.ok && decoded.kind === 'sink-intent' && decoded.value.done)
            ends.set(decoded.value.topic, decoded.value.end)
        }
      })
      return [ends.get(bench.topic('sessions')), ends.get(bench.topic('conversions'))]
    }
    // The fourth of the sessions is the transaction's end, which no reader is given.
    await until(async () => (await settled()).join() === '4,1')
    await first.stop()
    for (const kind of ['sessions', 'conversions'] as const) await deleteRecords(bench.topic(kind), 0)

    await bench.here()
    await bench.send('conversions', 0, [codec.encode('conversion', conversion())])
    await bench.send('sessions', 0, sessions(4).slice(3))
    await until(async () => (await bench.count('v_sessions')) === 4 && (await bench.count('v_conversions')) === 1)
  })

  it('waits before a schema it does not know and stores what stands before it', async () => {
    bench = await new Bench().open()
    await bench.here()
    const unknown = Buffer.from(events(0, 1)[0]!)
    unknown.writeUInt32BE(999, 1)
    await bench.send('labelled-events', 0, [...events(0, 3), unknown, ...events(4, 3)])
    await bench.send('labelled-events', 1, [...events(0, 3), barrier('beside')])
    await until(async () => (await bench.count('barriers')) === 1 && (await bench.count('events')) === 6)
    expect(await bench.count('events WHERE _partition = 0', 'max(_offset)')).toBe(2)
  })

  it('does not start where a table remembers fewer tokens than DEDUP_WINDOW says, and names the way out', async () => {
    bench = await new Bench().open()
    await migratedWarehouse(bench.namespace, 1000).then((warehouse) => warehouse.close())
    const settings = { DEDUP_WINDOW: '1001', SAFE_WINDOW_MS: '1000' }
    const refused = await bench.here(settings).catch((error: unknown) => (error as Error).message)
    expect(refused).toMatch(/DEDUP_WINDOW is 1001 .* table .*events remembers 1000/)
    for (const alter of (refused as string).match(/ALTER TABLE [^;"]+/g)!) await bench.command(alter)
    await bench.here(settings)
    // More than is relied on does no harm.
    await bench.here({ ...settings, DEDUP_WINDOW: '1000' })
  })

  it('waits while ClickHouse is away, says how far behind it is, and goes on by itself', async () => {
    bench = await new Bench().open()
    const proxy = await bench.proxy()
    const port = await freePort()
    await bench.here({ CLICKHOUSE_URL: proxy.url, INBOX_BYTES: '65536', METRICS_PORT: String(port) })
    const metric = async (name: string, labels: string) => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
      const line = text.split('\n').find((one) => one.startsWith(`cairn_sink_${name}{`) && one.includes(labels))
      return Number(line?.split(' ').at(-1))
    }
    const place = 'topic="labelled-events",partition="0"'
    await bench.send('labelled-events', 0, events(0, 100))
    await until(async () => (await bench.count('events')) === 100)
    proxy.cut()
    await bench.send('labelled-events', 0, events(100, 2000))
    await bench.send('sessions', 0, [...sessions(50), barrier('stored')])
    await until(async () => (await metric('blocked', `${place},reason="retriable"`)) === 1)
    await until(async () => (await metric('lag_records', place)) > 0 && (await metric('lag_seconds', place)) > 0)
    proxy.mend()
    // The base table of an insert can be read before its roll-up can; the barrier stands behind both.
    await until(async () => (await bench.count('events')) === 2100 && (await bench.count('barriers')) === 1)
    expect(await bench.count('v_sessions')).toBe(50)
    expect(await bench.count('events', 'uniqExact(_offset)')).toBe(2100)
    expect(await byChannel(bench.warehouse)).toEqual([{ channel: 'Email', sessions: 50 }])
    await until(async () => (await metric('lag_records', place)) === 0)
  })

  it.each([
    ['sink.in-insert', 'events'],
    ['sink.after-insert', 'events'],
    ['sink.after-intent', 'sessions'],
    ['sink.after-insert', 'sessions'],
  ])('stores every row once when it is killed at %s of %s', async (point, what) => {
    bench = await new Bench().open()
    await bench.killedAndReplaced(point, what)
    expect(await bench.stored()).toEqual(everythingOnce(what === 'events' ? [1000, 0] : [0, 500]))
  })

  it.each([
    ['sink.after-intent', 'sessions', 'inserts what another has inserted'],
    ['sink.after-insert', 'events', 'inserts nothing more'],
  ])(
    'stores every row once when an owner halted at %s of %s wakes up after it was replaced, and %s',
    async (point, what, then) => {
      bench = await new Bench().open()
      const everything = everythingOnce(what === 'events' ? [1000, 0] : [0, 500])
      const [its, others] = [await bench.proxy(), await bench.proxy()]
      // Of one kind: while it halts at an insert of one, that of another may be on its way.
      await bench.sendAll(what)
      // Small batches: there is one more to write when it wakes up.
      const settings = { CAIRN_FAULT: `${point}=stop`, BATCH_ROWS: '400', LOG_LEVEL: 'warn', CLICKHOUSE_URL: its.url }
      const zombie = bench.apart(settings)
      await until(() => isHalted(zombie.pid))
      const successor = bench.apart({ CLICKHOUSE_URL: others.url, SESSION_TIMEOUT_MS: '60000' })
      expect(await bench.stored()).toEqual(everything)
      const before = its.answered().length
      // The group gives nothing away while a member is silent: the zombie learns from the fence that it was replaced.
      successor.signal('SIGSTOP')
      await until(() => isHalted(successor.pid))
      zombie.signal('SIGCONT')
      await until(() => zombie.log().includes('"reason":"fenced"'))
      const inserted = its.tokens().slice(before)
      if (then === 'inserts nothing more') expect(inserted).toEqual([])
      else {
        await until(() => its.answered().length > before)
        expect(others.answered()).toContain(inserted[0])
      }
      successor.signal('SIGCONT')
      zombie.signal('SIGTERM')
      expect(await zombie.ended).toBe(0)
      expect(await bench.stored()).toEqual(everything)
    },
  )

  it.each([
    ['sink.after-intent', 'events'],
    ['sink.after-insert', 'events'],
    ['sink.after-intent', 'sessions'],
    ['sink.after-insert', 'sessions'],
  ])('asks the tables when it was killed at %s of %s so long ago that the token is forgotten', async (point, what) => {
    bench = await new Bench().open()
    await bench.sendAll(what)
    const killed = bench.apart({ CAIRN_FAULT: `${point}=kill` })
    expect(await killed.ended).toBe('SIGKILL')
    // A window of one entry forgets with the next insert into each table.
    await bench.setWindow(1)
    await bench.insert('events', 'labelled:1', events(0, 1)[0]!)
    const other = session({ session_id: uuid(9999), channel: 'Other' })
    await bench.insert('sessions_in', 'session', codec.encode('session', other))
    await bench.setWindow(100_000)
    await bench.here({ SAFE_WINDOW_MS: '1000' })
    expect(await bench.stored()).toEqual(everythingOnce(what === 'events' ? [1001, 1] : [1, 501]))
  })
})
