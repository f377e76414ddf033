import { randomUUID } from 'node:crypto'
import {
  createCodec,
  createContainerBuilder,
  ensureTopics,
  openProducer,
  readCatalog,
  silentLogger,
  topicName,
  type IdempotentProducer,
  type Outgoing,
  type Running,
  type TopicKind,
  type Warehouse,
} from '@cairn/runtime'
import { insertContainer } from './insert.ts'
import { brokers, ownNamespace } from './kafka.ts'
import { proxyTo, type Proxy } from './proxy.ts'
import { correction, event, label, session, uuid } from './records.ts'
import { sinkApart, sinkHere, sinkPartitions, type Child } from './sink.ts'
import { until } from './until.ts'
import { clickhouse, dropDatabase, emptyWarehouse, rowsOf } from './warehouse.ts'
import { repository } from './workers.ts'

export const catalog = readCatalog()
export const codec = createCodec(catalog)
export const connection = { brokers: brokers(), clientId: 'test', log: silentLogger }

export const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) =>
    codec.prependLabel(codec.encodeEvent(eventOf(from + i)), 1, label({ input_offset: from + i })),
  )
/** A third of them name one of a few users. */
const eventOf = (n: number) => event({ event_id: `e-${n}`, user_id: n % 3 === 0 ? `u-${n % 4}` : '' })
const firstSession = (n: number) => session({ session_id: uuid(n), channel: 'Email' })
export const sessions = (count: number) =>
  Array.from({ length: count }, (_, n) => codec.encode('session', firstSession(n)))
export const corrections = (count: number) =>
  Array.from({ length: count }, (_, n) =>
    codec.encode('session', correction(firstSession(n), 2, { channel: 'Direct' })),
  )
export const barrier = (flush_id: string, hold_ms = 0) =>
  codec.encode('barrier', { flush_id, hold_ms, input_offset: 0 })

/** What the tables hold of what `sendAll` sent. */
export interface Stored {
  readonly events: number
  readonly distinctEvents: number
  /** Sessions whose correction is in. */
  readonly sessions: number
  /** Where the roll-up is not the sum of the sessions, and by how many sessions it has too many. */
  readonly rollUpDiffers: readonly { readonly channel: string; readonly excess: number }[]
  /** Where `visitor_users` is not the sum of the events, and by how many events it has too many. */
  readonly visitorUsersDiffer: readonly { readonly user_id: string; readonly excess: number }[]
}

/** A namespace with its topics and database, and what a test does to it. Processes run the product of `root`. */
export class Bench {
  readonly namespace = ownNamespace('sink')
  readonly warehouse: Warehouse = emptyWarehouse(this.namespace)
  readonly running: Running[] = []
  readonly children: Child[] = []
  readonly #proxies: Proxy[] = []
  readonly #root: string
  #producer: IdempotentProducer | undefined

  constructor(root: string = repository) {
    this.#root = root
  }

  async open(): Promise<this> {
    const topics = await ensureTopics(connection, {
      namespace: this.namespace,
      partitions: sinkPartitions,
      replication: 1,
    })
    if (!topics.ok) throw new Error(topics.message)
    this.#producer = await openProducer(connection)
    return this
  }

  topic(kind: TopicKind): string {
    return topicName(this.namespace, kind)
  }

  async send(kind: TopicKind, partition: number, values: readonly (Buffer | null)[]): Promise<void> {
    const records: Outgoing[] = values.map((value) => ({ key: 'shop:v-1', value }))
    await this.#producer!.send(this.topic(kind), partition, records)
  }

  /** A thousand records of one kind into partition 0. */
  sendAll(what: string): Promise<void> {
    return what === 'events'
      ? this.send('labelled-events', 0, events(0, 1000))
      : this.send('sessions', 0, [...sessions(500), ...corrections(500)])
  }

  async here(settings?: Readonly<Record<string, string>>): Promise<Running> {
    const running = await sinkHere(this.namespace, settings)
    this.running.push(running)
    return running
  }

  apart(settings?: Readonly<Record<string, string>>): Child {
    const child = sinkApart(this.namespace, settings, this.#root)
    this.children.push(child)
    return child
  }

  /** A way to ClickHouse of its own for one sink. */
  async proxy(): Promise<Proxy> {
    const proxy = await proxyTo(clickhouse().CLICKHOUSE_URL)
    this.#proxies.push(proxy)
    return proxy
  }

  /** A fault row: the owner is killed at a fault point of its second batch, another takes over after what happens in between. */
  async killedAndReplaced(point: string, what: string, between?: () => Promise<void>): Promise<void> {
    await this.sendAll(what)
    const end = await this.apart({ CAIRN_FAULT: `${point}=kill@2`, BATCH_ROWS: '400' }).ended
    if (end !== 'SIGKILL') throw new Error(`the sink ended with ${end} instead of at ${point}`)
    await between?.()
    this.apart()
  }

  /** One row past the sink, as if from partition 1. */
  async insert(table: string, schema: string, message: Buffer): Promise<void> {
    const builder = createContainerBuilder(catalog.named(schema), 1, 1)
    builder.add(0, message)
    await insertContainer(this.warehouse, table, builder.build(), 'other')
  }

  /** How many tokens each table remembers from now on; what it has beyond that is forgotten. */
  async setWindow(tokens: number): Promise<void> {
    const tables = ['events', 'sessions', 'session_moves', 'channel_hourly', 'conversions', 'credits', 'visitor_users']
    for (const table of tables)
      await this.command(
        `ALTER TABLE ${this.warehouse.table(table)} MODIFY SETTING non_replicated_deduplication_window = ${tokens}`,
      )
  }

  async command(statement: string): Promise<void> {
    const done = await this.warehouse.command(statement)
    if (!done.ok) throw new Error(done.message)
  }

  /** Rows of a count query; 0 while the tables are not there yet. */
  async count(from: string, what = 'count()'): Promise<number> {
    const result = await this.warehouse.query<{ n: number }>(
      `SELECT ${what} AS n FROM ${this.warehouse.database}.${from}`,
    )
    return result.ok ? result.value[0]!.n : 0
  }

  /** What is there once the sink has passed a barrier behind everything sent. */
  async stored(): Promise<Stored> {
    const flushId = randomUUID()
    for (const kind of ['labelled-events', 'sessions'] as const) await this.send(kind, 0, [barrier(flushId)])
    const passed = () => this.count(`barriers WHERE flush_id = '${flushId}'`, 'uniqExact(topic)')
    await until(async () => (await passed()) === 2, 60_000)
    return {
      events: await this.count('events'),
      distinctEvents: await this.count('events', 'uniqExact((_partition, _offset))'),
      sessions: await this.count("v_sessions WHERE channel != 'Email'"),
      rollUpDiffers: await rowsOf(
        this.warehouse,
        `SELECT channel, sum(t.sessions) AS excess FROM (
          SELECT hour, channel, goal, _partition, sessions FROM ${this.warehouse.table('channel_hourly')}
          UNION ALL SELECT hour, channel, goal, _partition, -sessions FROM ${this.warehouse.table('channel_hourly_facts')}
        ) AS t GROUP BY hour, channel, goal, _partition HAVING excess != 0 ORDER BY channel`,
      ),
      visitorUsersDiffer: await rowsOf(
        this.warehouse,
        `SELECT user_id, sum(t.events) AS excess FROM (
          SELECT visitor_id, user_id, _partition, events FROM ${this.warehouse.table('visitor_users')}
          UNION ALL SELECT visitor_id, user_id, _partition, -events FROM ${this.warehouse.table('visitor_users_facts')}
        ) AS t GROUP BY visitor_id, user_id, _partition HAVING excess != 0 ORDER BY user_id`,
      ),
    }
  }

  async close(): Promise<void> {
    for (const child of this.children) child.signal('SIGKILL')
    for (const running of this.running) await running.stop()
    for (const proxy of this.#proxies) await proxy.close()
    await this.#producer?.close()
    await dropDatabase(this.warehouse)
  }
}
