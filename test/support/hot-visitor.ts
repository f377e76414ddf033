import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import {
  createCodec,
  deployDefinitions,
  partitionFor,
  readCatalog,
  readLog,
  silentLogger,
  topicName,
} from '@cairn/runtime'
import { watchArrivals, type Arrivals } from './arrivals.ts'
import { brokers } from './kafka.ts'
import { openRig, type Rig } from './rig.ts'
import { until } from './until.ts'

/**
 * Two shops with one hot visitor each, in partition 0, beside ordinary visitors there and in partition 1. In `plain` a session
 * takes as many events as any may; `demanding` has the rules by which one event may change all that a visitor has: campaigns
 * cut, a goal is completed within a window over all sessions, and orders come back as verdicts.
 */
const definitions = JSON.stringify({
  goals: [],
  sites: {
    plain: {
      session: { gap: '5s' },
      goals: [{ name: 'view', kind: 'micro', match: { event: 'view_item' }, count: 'once_per_session' }],
    },
    demanding: {
      session: { preset: 'matomo' },
      goals: [
        { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' },
        {
          name: 'found',
          kind: 'micro',
          compound: { sequence: [{ match: { event: 'search' } }, { match: { event: 'view_item' } }], within: '7d' },
        },
      ],
    },
  },
})

type Site = 'plain' | 'demanding'

const partitions = 2
const [sendEveryMs, mostASecond] = [100, 1_000]
const ordinaryEveryMs = 200
const besideManyEvents = 3_000
const campaigns = 7

/** The same ids each time; which partition one is in, its key decides. */
function visitors(site: Site, partition: number, count: number, name: string): string[] {
  const found: string[] = []
  for (let n = 0; found.length < count; n++)
    if (partitionFor(`${site}:${name}${n}`, partitions) === partition) found.push(`${name}${n}`)
  return found
}

export const hot: Readonly<Record<Site, string>> = {
  plain: visitors('plain', 0, 1, 'hot')[0]!,
  demanding: visitors('demanding', 0, 1, 'hot')[0]!,
}

/** Many beside the hot one in its partition, who send as much as it does, but each no more than others. */
const many: Readonly<Record<Site, readonly string[]>> = {
  plain: visitors('plain', 0, 1_000, 'w'),
  demanding: visitors('demanding', 0, 1_000, 'w'),
}

const ordinary = [0, 1].map((partition) => visitors('demanding', partition, 5, 'v'))

/**
 * How long events of ordinary visitors took from being sent to being out, labelled: 19 of 20 no longer than so many
 * milliseconds, in partition 0 and in partition 1.
 */
type Delays = readonly [shared: number, other: number]

/** How it went while a hot visitor sent. */
export interface Phase {
  readonly delays: Delays
  /** While as many events a second came of a thousand visitors, before and after it: the longer ones. */
  readonly delaysBesideMany: Delays
  /** Processor time of the worker's main thread for each event that the hot visitor sent, ms; NaN unless {@link isWorkTold}. */
  readonly perEventMs: number
  /** The same for events of a thousand visitors: before and after, the longer one. */
  readonly perEventOfManyMs: number
  /** Events a second that the hot visitor was to send. */
  readonly rate: number
  /** As many as were sent a second, up to the answer to the last of them. */
  readonly drivenRate: number
}

/** Whether the system says for how long a thread has run. */
export const isWorkTold = existsSync(`/proc/${process.pid}/schedstat`)

/** What is there within seconds stays so, on slow processors, too; where nothing bounds a visitor it takes half a minute. */
const mostDelayMs = 6_000
/** What else the machine does makes everybody wait: then they may wait so many times as long as beside many visitors. */
const mostTimesBesideMany = 2
/** An event of a visitor that has all it may may take as long as so many of others, whatever the processor's speed. */
const mostTimesTheWork = 8
/** What was sent of what was to be sent a second. */
const leastOfRate = 0.9
/** What the worker's thread has for the hot visitor, of each second: the others', and what Kafka wants, have the rest. */
const mostOfThread = 0.8

/** Who is slowed by a hot visitor. */
export function slowed({ delays, delaysBesideMany, drivenRate }: Phase): string[] {
  return delays.flatMap((ms, partition) => {
    const usual = delaysBesideMany[partition]!
    if (ms <= Math.max(mostDelayMs, mostTimesBesideMany * usual)) return []
    return [
      `others in partition ${partition} wait ${ms} ms, ${usual} ms beside many visitors (${drivenRate} events a second)`,
    ]
  })
}

/** What its events take of the worker, where that is too much, or nobody told. */
export function overworked({ perEventMs, perEventOfManyMs }: Phase): string[] {
  // Not by what is more, since nothing is more than NaN.
  if (perEventMs <= mostTimesTheWork * perEventOfManyMs) return []
  return [`an event takes ${perEventMs} ms of the worker, one of many visitors ${perEventOfManyMs}`]
}

/** Where a hot visitor sent less than it was to: what it shows is of that rate. */
export function unsent({ rate, drivenRate }: Phase): string[] {
  return drivenRate >= leastOfRate * rate ? [] : [`it was to send ${rate} events a second, and sent ${drivenRate}`]
}

/** As a person reads it. */
export function phaseText(site: Site, { rate, drivenRate, delays, delaysBesideMany, ...work }: Phase): string {
  const slower = rate < mostASecond ? `, and not ${mostASecond}, for which this processor has no time` : ''
  const [perEvent, ofMany] = [work.perEventMs, work.perEventOfManyMs].map((ms) => ms.toFixed(3))
  return [
    `${site}: of ${rate} events a second${slower}, the hot visitor sent ${drivenRate};`,
    `others waited ${delays.join(' and ')} ms, beside many visitors ${delaysBesideMany.join(' and ')} ms;`,
    `an event took ${perEvent} ms of the worker, one of many visitors ${ofMany} ms\n`,
  ].join(' ')
}

/** A thousand events a second, or as many as a slow processor has the time for if each takes as long as it may. */
function rateWhere(perEventOfManyMs: number): number {
  const mostMs = mostTimesTheWork * perEventOfManyMs
  return mostMs > 0 ? Math.min(mostASecond, Math.round((mostOfThread * 1_000) / mostMs)) : mostASecond
}

export interface HotRun {
  readonly rig: Rig
  /** Messages that were accepted. */
  accepted(): number
  /**
   * While the hot visitor of a site sends so many events, and until all that ordinary ones sent is out; before and after it,
   * many visitors send.
   */
  beside(site: Site, events: number): Promise<Phase>
  /** Bytes of the largest state that was written of a hot visitor. */
  largestState(): Promise<number>
  close(): Promise<void>
}

/** Starts the whole pipeline as it ships, from the repository or a mutant of it; checkpoints come oftener, so that a few do. */
export async function startHotRun(root?: string): Promise<HotRun> {
  const rig = await openRig({ name: 'hot', seed: 1, partitions, ...(root === undefined ? {} : { root }) })
  const { instance } = rig
  const connection = { brokers: brokers(), clientId: 'hot', log: silentLogger }
  await deployDefinitions(connection, createCodec(readCatalog()), instance.namespace, definitions)
  rig.start('ingest', { WRITE_KEYS: 'plain=plain,demanding=demanding' })
  const worker = rig.start('attribution', {
    BATCH_RECORDS: '5000',
    CHECKPOINT_MS: '2000',
    STATE_CACHE_BYTES: String(256 * 1024 * 1024),
  })
  rig.start('sink', { BATCH_ROWS: '100000', FLUSH_MS: '1000' })
  const arrivals = await watchArrivals(topicName(instance.namespace, 'labelled-events'))
  const traffic = new HotTraffic(instance.ingest, arrivals)
  const close = async () => {
    await arrivals.close()
    await rig.close()
  }
  try {
    await traffic.untilTaken()
  } catch (error) {
    await close()
    throw error
  }
  return {
    rig,
    accepted: () => traffic.accepted,
    async beside(site, events) {
      const during = async (visitors: readonly string[], count: number, rate: number) => {
        const before = threadTime(worker.pid)
        const sending = traffic.send(site, visitors, count, rate)
        const delays = await traffic.whileSending(sending)
        return { delays, perEventMs: (threadTime(worker.pid) - before) / count, drivenRate: await sending }
      }
      const first = await during(many[site], besideManyEvents, mostASecond)
      const rate = rateWhere(first.perEventMs)
      const { delays, perEventMs, drivenRate } = await during([hot[site]], events, rate)
      const last = await during(many[site], besideManyEvents, mostASecond)
      const [one, other] = [first.delays, last.delays]
      return {
        delays,
        delaysBesideMany: [Math.max(one[0], other[0]), Math.max(one[1], other[1])],
        perEventMs,
        perEventOfManyMs: Math.max(first.perEventMs, last.perEventMs),
        rate,
        drivenRate,
      }
    },
    async largestState() {
      // A clean stop writes the last one.
      await worker.stop()
      const keys = Object.entries(hot).map(([site, visitor]) => `${site}:${visitor}`)
      let largest = 0
      await readLog(connection, topicName(instance.namespace, 'attribution-state'), (_, records) => {
        for (const { key, value } of records) if (keys.includes(key)) largest = Math.max(largest, value?.length ?? 0)
      })
      return largest
    },
    close,
  }
}

class HotTraffic {
  accepted = 0
  readonly #url: string
  readonly #arrivals: Arrivals
  readonly #sentAt: number[] = []
  readonly #sent = { plain: 0, demanding: 0 }

  constructor(url: string, arrivals: Arrivals) {
    this.#url = url
    this.#arrivals = arrivals
  }

  /** The services have started once events of everybody come out. */
  async untilTaken(): Promise<void> {
    await until(
      () =>
        this.#sendOrdinary().then(
          () => true,
          () => this.#sentAt.pop() === undefined,
        ),
      60_000,
    )
    await this.#untilOut()
  }

  /** Has ordinary visitors send, each at its times whatever the answers do, until that is over and all of theirs is out. */
  async whileSending(meanwhile: Promise<unknown>): Promise<Delays> {
    const from = this.#sentAt.length
    const state = { isOver: false }
    const over = meanwhile.finally(() => {
      state.isOver = true
    })
    const answers: Promise<void>[] = []
    for (let due = performance.now(); !state.isOver; due += ordinaryEveryMs) {
      await delay(Math.max(0, due - performance.now()))
      answers.push(this.#sendOrdinary())
    }
    await Promise.all([over, ...answers])
    await this.#untilOut()
    const delaysOf = (visitor: string) => this.#sentAt.slice(from).map((at, n) => this.#outAt(visitor, from + n) - at)
    const [shared, other] = ordinary.map((visitors) => percentile95(visitors.flatMap(delaysOf)))
    return [shared!, other!]
  }

  /** Sends so many events a second, of each of the visitors in turn; resolves with how many it were, up to the last answer. */
  async send(site: Site, visitors: readonly string[], events: number, rate: number): Promise<number> {
    const atOnce = Math.max(1, Math.round((rate * sendEveryMs) / 1_000))
    const answers: Promise<void>[] = []
    const begunAt = performance.now()
    let due = begunAt
    // Times of their own, a millisecond apart: no gap is in them, however long a request takes.
    const startedAt = Date.now() - 60_000
    for (let sent = 0; sent < events; sent += atOnce, due += sendEveryMs) {
      await delay(Math.max(0, due - performance.now()))
      const messages = Array.from({ length: Math.min(atOnce, events - sent) }, (_, n) => {
        return this.#message(site, visitors[(sent + n) % visitors.length]!, startedAt + sent + n)
      })
      answers.push(this.#post(site, messages))
    }
    await Promise.all(answers)
    return Math.round((events * 1_000) / (performance.now() - begunAt))
  }

  #message(site: Site, visitor: string, at: number): object {
    const n = this.#sent[site]++
    const tags = site === 'plain' ? '' : `?utm_source=s${n % campaigns}&utm_medium=cpc`
    const names = n % 50 === 49 ? 'Order Completed' : n % 2 === 0 ? 'Products Searched' : 'Product Viewed'
    const event = site === 'plain' ? 'Product Viewed' : names
    return { ...messageOf(visitor, `${site}-${n}`, event, tags), timestamp: new Date(at).toISOString() }
  }

  async #sendOrdinary(): Promise<void> {
    const n = this.#sentAt.push(performance.now()) - 1
    const event = n % 2 === 0 ? 'Products Searched' : 'Product Viewed'
    await this.#post(
      'demanding',
      ordinary.flat().map((visitor) => messageOf(visitor, `${visitor}-${n}`, event, '')),
    )
  }

  #outAt(visitor: string, n: number): number {
    return this.#arrivals.of(`demanding:${visitor}`)[n] ?? Infinity
  }

  /** @throws Error where it takes a minute */
  async #untilOut(): Promise<void> {
    const last = this.#sentAt.length - 1
    await until(() => ordinary.flat().every((visitor) => this.#outAt(visitor, last) < Infinity), 60_000)
  }

  async #post(site: Site, batch: readonly object[]): Promise<void> {
    const answer = await fetch(`${this.#url}/v1/batch`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${site}:`)}`, 'content-type': 'application/json' },
      body: JSON.stringify({ batch }),
    })
    const text = await answer.text()
    if (!answer.ok || (JSON.parse(text) as { refused: unknown[] }).refused.length > 0) throw new Error(text)
    this.accepted += batch.length
  }
}

/** For how long a process's main thread has run, ms. NaN where the system does not say. */
function threadTime(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
  } catch {
    return NaN
  }
}

function percentile95(delays: readonly number[]): number {
  const sorted = [...delays].sort((a, b) => a - b)
  return Math.round(sorted[Math.floor(sorted.length * 0.95)]!)
}

function messageOf(visitor: string, messageId: string, event: string, tags: string): object {
  const isOrder = event === 'Order Completed'
  return {
    type: 'track',
    messageId,
    anonymousId: visitor,
    event,
    properties: isOrder ? { order_id: messageId, total: 10, currency: 'EUR' } : { product_id: 'p', query: 'q' },
    context: { page: { url: `https://shop.example/${tags}` } },
  }
}
