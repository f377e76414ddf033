import { readFileSync } from 'node:fs'
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
const [hotEveryMs, hotAtOnce] = [100, 100]
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
  /** Processor time of the worker's main thread for each event that the hot visitor sent, ms; NaN where nobody tells. */
  readonly perEventMs: number
  /** For how many times as long that thread has waited for a processor; 0 where nobody tells. */
  readonly starved: number
}

/** Twice what `npm run bench -- latency` finds for the way to a queryable row: what is there within seconds stays so. */
const mostDelayMs = 3_000
/** What else the machine does makes everybody wait: then they may wait so many times as long as beside many visitors. */
const mostTimesBesideMany = 2
/** Else a thousand events a second take all of the thread. Processors that others use, too, take longer for the same. */
const [mostPerEventMs, mostWhereBusyMs] = [1, 1.5]
/** For each second that the thread runs it may wait so many for a processor: 1.9 where two have nothing to do but this test. */
const mostStarved = 3

/** Who is slowed by a hot visitor, and by what. */
export function slowed({ delays, delaysBesideMany, perEventMs, starved }: Phase): string[] {
  const isBusy = starved > mostStarved
  const most = isBusy ? mostWhereBusyMs : mostPerEventMs
  const work = perEventMs > most ? [`an event takes ${perEventMs} ms of the worker, at most ${most} are right`] : []
  const late = delays.flatMap((ms, partition) => {
    const usual = delaysBesideMany[partition]!
    if (ms <= Math.max(mostDelayMs, mostTimesBesideMany * usual)) return []
    const where = isBusy ? '; the machine is busy, and may have been so only then' : ''
    return [`others in partition ${partition} wait ${ms} ms, ${usual} ms beside many visitors${where}`]
  })
  return [...work, ...late]
}

export interface HotRun {
  readonly rig: Rig
  /** Messages that were accepted. */
  accepted(): number
  /**
   * While the hot visitor of a site sends so many events, a thousand a second, and until all that ordinary ones sent is out;
   * before and after it, many visitors send as many a second.
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
      const besideMany = () => traffic.whileSending(traffic.send(site, many[site], besideManyEvents))
      const first = await besideMany()
      const before = threadTimes(worker.pid)
      const delays = await traffic.whileSending(traffic.send(site, [hot[site]], events))
      const after = threadTimes(worker.pid)
      const last = await besideMany()
      const [ran, waited] = [after.ran - before.ran, after.waited - before.waited]
      return {
        delays,
        delaysBesideMany: [Math.max(first[0], last[0]), Math.max(first[1], last[1])],
        perEventMs: ran / events,
        starved: ran > 0 ? waited / ran : 0,
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
  async whileSending(meanwhile: Promise<void>): Promise<Delays> {
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

  /** Sends a thousand events a second, of each of the visitors in turn. */
  async send(site: Site, visitors: readonly string[], events: number): Promise<void> {
    const answers: Promise<void>[] = []
    let due = performance.now()
    // Times of their own, a millisecond apart: no gap is in them, however long a request takes.
    const startedAt = Date.now() - 60_000
    for (let sent = 0; sent < events; sent += hotAtOnce, due += hotEveryMs) {
      await delay(Math.max(0, due - performance.now()))
      const messages = Array.from({ length: Math.min(hotAtOnce, events - sent) }, (_, n) => {
        return this.#message(site, visitors[(sent + n) % visitors.length]!, startedAt + sent + n)
      })
      answers.push(this.#post(site, messages))
    }
    await Promise.all(answers)
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

/** Of a process's main thread, ms: for how long it ran, and for how long it could have. NaN where the system does not say. */
function threadTimes(pid: number): { readonly ran: number; readonly waited: number } {
  try {
    const [ran = NaN, waited = NaN] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ').map(Number)
    return { ran: ran / 1e6, waited: waited / 1e6 }
  } catch {
    return { ran: NaN, waited: NaN }
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
