import type { Context, SegmentMessage } from '../segment.ts'
import { shopHost, type Market } from './catalogue.ts'
import type { Random } from './random.ts'
import type { Arrival } from './traffic.ts'
import type { Device } from './visitor.ts'

/** Something that happened on a device: its message says when by the device's clock, `at` by the right one. */
export interface Happening {
  readonly at: number
  readonly message: SegmentMessage
}

/** The script on the shop's pages: one for each visit. */
export interface Tracker {
  /** Goes to a page of the shop, after `pauseMs`. */
  readonly page: (path: string, title: string, pauseMs: number) => void
  /** Comes to a page of the shop from outside, as from a payment service, after `pauseMs`. */
  readonly comeFrom: (referrer: string, path: string, title: string, pauseMs: number) => void
  readonly track: (event: string, properties: Readonly<Record<string, unknown>>, pauseMs: number) => void
  readonly identify: (userId: string, pauseMs: number) => void
  /** Time of the last happening. */
  readonly now: () => number
  readonly happenings: readonly Happening[]
}

/** What the script knows of a visit. */
export interface TrackedVisit {
  readonly device: Device
  readonly market: Market
  readonly arrival: Arrival
  readonly startedAt: number
}

export function startTracker(random: Random, visit: TrackedVisit): Tracker {
  const { device, arrival } = visit
  const happenings: Happening[] = []
  let now = visit.startedAt
  let referrer = arrival.referrer
  let page = { url: '', path: '', referrer: '', title: '' }

  const send = (
    call: Pick<SegmentMessage, 'type' | 'event' | 'name' | 'properties' | 'traits'>,
    pauseMs: number,
  ): void => {
    now += Math.round(pauseMs)
    const context = contextOf(visit, page, happenings.length === 0)
    const user = device.userId === undefined ? {} : { userId: device.userId }
    const timestamp = new Date(now + device.clockErrorMs).toISOString()
    const message = { ...call, messageId: random.uuid(), anonymousId: device.anonymousId, ...user, context, timestamp }
    happenings.push({ at: now, message })
  }
  const open = (path: string, title: string, pauseMs: number): void => {
    const url = `https://${shopHost}${path}${happenings.length === 0 ? queryOf(arrival) : ''}`
    page = { url, path, referrer, title }
    referrer = url
    send({ type: 'page', name: title, properties: { title, path } }, pauseMs)
  }
  return {
    page: open,
    comeFrom: (from, path, title, pauseMs) => {
      referrer = from
      open(path, title, pauseMs)
    },
    track: (event, properties, pauseMs) => send({ type: 'track', event, properties }, pauseMs),
    identify: (userId, pauseMs) => {
      device.userId = userId
      send({ type: 'identify', traits: { country: visit.market.country } }, pauseMs)
    },
    now: () => now,
    happenings,
  }
}

function contextOf(visit: TrackedVisit, page: NonNullable<Context['page']>, isLanding: boolean): Context {
  const { device, market, arrival } = visit
  return {
    page,
    ...(isLanding && arrival.campaign !== undefined ? { campaign: arrival.campaign } : {}),
    userAgent: device.userAgent,
    locale: market.locale,
    ip: device.ip,
    location: { country: market.country },
    library: { name: 'analytics.js', version: 'next-1.81.0' },
  }
}

function queryOf(arrival: Arrival): string {
  const query = new URLSearchParams(arrival.query).toString()
  return query === '' ? '' : `?${query}`
}
