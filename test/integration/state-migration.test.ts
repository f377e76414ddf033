import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it, jest } from '@jest/globals'
import { foldVersion, type StorefrontEvent, type VisitorState } from '@cairn/domain'
import {
  controlPrefix,
  createCodec,
  createVisitorCodec,
  openProducer,
  openStateDisk,
  readCatalog,
  readHeader,
  readLog,
  silentLogger,
  topicName,
  Turns,
  visitorLayout,
  type Decoded,
  type TopicKind,
} from '@cairn/runtime'
import { buildEvent } from '@cairn/testkit/domain'
import { createMessageWriter } from '../../packages/runtime/src/codec/message.ts'
import { compileWrite } from '../../packages/runtime/src/codec/write.ts'
import { brokers } from '../support/kafka.ts'
import { replayed } from '../support/replay.ts'
import { stateFolder } from '../support/state-folder.ts'
import { startTraffic } from '../support/traffic.ts'
import { endProcesses, startProcess } from '../support/workers.ts'

jest.setTimeout(120_000)
afterEach(endProcesses)

const catalog = readCatalog()
const codec = createCodec(catalog)
const visitorCodec = createVisitorCodec(catalog)
const former = catalog.named('visitor-state.v1')
const connection = { brokers: brokers(), clientId: 'migration', log: silentLogger }

const minute = 60_000
const began = Date.now() - 120 * minute

function seen(visitor_id: string, minutes: number, over: Partial<StorefrontEvent> = {}): StorefrontEvent {
  const what = { name: 'page_view', path: `/${minutes}`, event_time: began + minutes * minute }
  return buildEvent({ event_id: `${visitor_id}-${minutes}`, visitor_id, ...what, ...over })
}

const google = { source: 'google', medium: 'cpc' }
const money = { order_id: 'o', value_minor: 1000, currency: 'EUR' }
const purchase = seen('buys', 1, { name: 'purchase', ...money })
const refund = seen('u:clerk', 90, { name: 'refund', is_server: true, ...money, value_minor: 300 })

/** What the version before has folded. */
const before = [
  ...[seen('stays', 0, google), seen('stays', 1, { name: 'search' })],
  ...[seen('merges', 0, google), seen('merges', 40, { source: 'letter', medium: 'email' })],
  seen('sleeps', 0, google),
  seen('shops', 0, { name: 'add_to_cart' }),
  seen('clicks', 0, { ...google, click_id_name: 'gclid', click_id: 'abc' }),
  seen('logs-in', 0, { user_id: 'ada' }),
  seen('buys', 0, google),
]
/** What this one goes on with. */
const after = [
  ...[seen('stays', 2), seen('stays', 3, { name: 'search' }), seen('stays', 60)],
  seen('merges', 20),
  ...[seen('shops', 2), seen('clicks', 2), seen('logs-in', 60)],
  ...[purchase, refund],
]

it('visitors of the version before go on where it has left them, on the topic and on the disk', async () => {
  const traffic = await startTraffic('migration', 1, 1)
  const { namespace } = traffic
  const disk = join(stateFolder, namespace)
  const settings = {
    KAFKA_BROKERS: brokers().join(','),
    CAIRN_NAMESPACE: namespace,
    STATE_DIR: disk,
    LOG_LEVEL: 'info',
  }
  const start = () => startProcess('attribution', { ...settings, STATE_CACHE_BYTES: '0', CAIRN_PARTITIONS: '1' })
  const first = start()
  await traffic.sendThese(before)
  // That version had no other topic for orders.
  await traffic.sendThese([purchase], 'events')
  await traffic.drain()
  await first.stop()
  await leaveAsFormer(namespace)
  rmSync(disk, { recursive: true })

  const second = start()
  await traffic.sendThese(after)
  await traffic.drain()
  await second.stop()
  expect(await onDisk(disk, namespace, 'shop:stays')).toBe(catalog.named('visitor-state').id)
  expect(await onDisk(disk, namespace, 'shop:sleeps')).toBe(former.id)

  const third = start()
  await traffic.sendThese([seen('sleeps', 2)])
  await traffic.drain()
  expect(third.log().split('\n')).toContainEqual(expect.stringMatching(/"isWarm":true.*"partition restored"/))
  await third.stop()

  expect(await differing(namespace)).toEqual([
    // What was in the cart and the value of a click id was not kept of a session, and so is not known of it now.
    'clicks sessions.click_id',
    'shops sessions.cart_stage',
  ])
  const conversions = (await rowsOf(namespace, 'conversions', 'buys')).map(
    ({ conversion_id, value_minor, refunded_minor }) => {
      return { conversion_id, value_minor, refunded_minor }
    },
  )
  expect(conversions.at(-1)).toEqual({ conversion_id: counted, value_minor: 700, refunded_minor: 300 })
  expect(new Set(conversions.map(({ conversion_id }) => conversion_id))).toEqual(new Set([counted]))
  const session = (await rowsOf(namespace, 'sessions', 'buys')).at(-1)
  expect(session).toMatchObject({ events: 2, goal_names: ['purchase'], goal_counts: [1], goal_values: [700] })
  const credits = await rowsOf(namespace, 'credits', 'buys')
  expect(credits.at(-1)).toMatchObject({ conversion_id: counted, value_minor: 700, touch_sources: ['google'] })
  await traffic.close()
})

const counted = '0190a000-0000-8000-8000-000000000001'

/** Writes the states of the only partition once more, as the version before would have: after a clean stop, S = C. */
async function leaveAsFormer(namespace: string): Promise<void> {
  const topic = topicName(namespace, 'attribution-state')
  const latest = new Map<string, Buffer | null>()
  await readLog(connection, topic, (_, records) => {
    for (const { key, value } of records) latest.set(key, value)
  })
  const write = compileWrite(former.schema)
  const message = createMessageWriter()
  const producer = await openProducer(connection)
  for (const [key, value] of latest) {
    if (value === null || key.startsWith(controlPrefix)) continue
    await producer.send(topic, 0, [{ key, value: message(write, asFormer(visitorCodec.decode(value)), former.id) }])
  }
  const checkpoint = codec.decode(latest.get('\u0001checkpoint') ?? null)
  const meta = codec.decode(latest.get('\u0001meta') ?? null)
  if (!checkpoint.ok || checkpoint.kind !== 'attribution-checkpoint') throw new Error('there is no checkpoint')
  if (!meta.ok || meta.kind !== 'attribution-meta') throw new Error('there is no position')
  expect(meta.value.position).toBe(checkpoint.value.position)
  const fold_version = foldVersion - 1
  const control = {
    '\u0001checkpoint': codec.encode('attribution-checkpoint', { ...checkpoint.value, fold_version }),
    '\u0001meta': codec.encode('attribution-meta', { ...meta.value, fold_version }),
  }
  for (const [key, value] of Object.entries(control)) await producer.send(topic, 0, [{ key, value }])
  await producer.close()
}

/** What the schema of that version has no room for is left out by its writer. It counted a purchase when it came. */
function asFormer(state: VisitorState): object {
  if (state.visitor_id !== 'buys') return { ...state, claims: [] }
  const { event_id, event_time, name: event_name, order_id, value_minor, currency, user_id } = purchase
  const of = { goal: 'purchase', event_id, event_time, order_id }
  const worth = { kind: 'macro', class: '', event_name, user_id, value_minor, currency, coupon: '' }
  const conversion = { id: counted, ...of, ...worth, per_session: false, definitions_number: 0 }
  const sessions = state.sessions.map((session) => ({ ...session, conversions: [conversion] }))
  const claim = { conversion_id: counted, ...of, touched_at: Date.now(), final_due: 0 }
  return { ...state, sessions, claims: [claim] }
}

/** The schema that a visitor's bytes on the disk are of. */
async function onDisk(folder: string, namespace: string, key: string): Promise<number | undefined> {
  const own = {
    folder: join(folder, `${namespace}.attribution-0`),
    layout: visitorLayout(visitorCodec),
    writes: new Turns(),
  }
  const { disk, discarded } = await openStateDisk(own, new AbortController().signal)
  expect(discarded).toBeUndefined()
  const bytes = disk.get(key)
  await disk.close()
  return bytes === undefined ? undefined : readHeader(bytes as Buffer)
}

type Row = Readonly<Record<string, unknown>>
const kinds = ['labelled-events', 'sessions', 'conversions', 'credits'] as const

/** In which fields the rows of a visitor are not those of a fold that has never stopped. */
async function differing(namespace: string): Promise<string[]> {
  const found = new Set<string>()
  const expected = await replayed(namespace)
  for (const kind of kinds) {
    for (const visitor of ['stays', 'merges', 'sleeps', 'shops', 'clicks', 'logs-in']) {
      const wanted = rowsIn(expected.get(`${kind}-0`) ?? [], visitor)
      const actual = await rowsOf(namespace, kind, visitor)
      if (wanted.length !== actual.length) found.add(`${visitor} ${kind}: ${actual.length} rows for ${wanted.length}`)
      for (const [at, row] of actual.entries())
        for (const [field, value] of Object.entries(row))
          if (JSON.stringify(value) !== JSON.stringify(wanted[at]?.[field])) found.add(`${visitor} ${kind}.${field}`)
    }
  }
  return [...found].sort()
}

async function rowsOf(namespace: string, kind: TopicKind, visitor: string): Promise<Row[]> {
  const found: { readonly key: string; readonly value: Buffer | null }[] = []
  await readLog(connection, topicName(namespace, kind), (_, records) => void found.push(...records))
  return rowsIn(found, visitor)
}

function rowsIn(records: readonly { readonly key: string; readonly value: Buffer | null }[], visitor: string): Row[] {
  const decoded = records
    .filter(({ key }) => key === `shop:${visitor}`)
    .map(({ value }): Decoded => codec.decode(value))
  return decoded.flatMap((one) => (one.ok && one.kind !== 'barrier' ? [one.value as unknown as Row] : []))
}
