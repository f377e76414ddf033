import { markets, type Market } from './catalogue.ts'
import type { Random } from './random.ts'
import type { TrackedVisit } from './tracker.ts'

/** One browser of a person: what the shop recognises as a visitor. */
export interface Device {
  readonly anonymousId: string
  readonly userAgent: string
  readonly ip: string
  /** Milliseconds its clock is ahead of the right time. */
  readonly clockErrorMs: number
  /** Set from the moment its owner logs in on it. */
  userId: string | undefined
}

export interface Person {
  readonly market: Market
  /** The account of those who have one; known to the shop only after a login. */
  readonly account: string | undefined
  readonly devices: readonly Device[]
}

/** One coming of a person to the shop. */
export interface Visit extends TrackedVisit {
  readonly person: Person
  /** Scales the chances of the visit to go on at each step; 1 is the average. */
  readonly intent: number
  /** Chance to land on a list or product instead of the home page. */
  readonly deepLanding: number
}

const hour = 3_600_000

const phones = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36',
]
const computers = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
  'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
]
const tablets = [
  'Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.7 Mobile/15E148 Safari/604.1',
]

/** Wrong clocks as they are met: a missed time zone, a slow one, a wrong day, one that started anew after a flat battery. */
const clockErrors = [-3 * hour, 47 * 60_000, 26 * hour, -9 * 365 * 24 * hour]

/**
 * Draws a person. `recent` says that they first come so late in the simulated time that a device with a wrong clock may
 * keep everything until the end.
 */
export function drawPerson(random: Random, recent: boolean): Person {
  const hasAccount = random.chance(0.3)
  const deviceCount = hasAccount && random.chance(0.25) ? 2 : 1
  const kinds = random.chance(0.62) ? [phones, computers] : [random.chance(0.1) ? tablets : computers, phones]
  return {
    market: random.weighted(markets),
    account: hasAccount ? `customer-${random.uuid().slice(0, 8)}` : undefined,
    devices: kinds.slice(0, deviceCount).map((agents) => ({
      anonymousId: random.uuid(),
      userAgent: random.pick(agents),
      ip: drawAddress(random),
      clockErrorMs: recent && random.chance(0.06) ? random.pick(clockErrors) : 0,
      userId: undefined,
    })),
  }
}

/** From the ranges that are reserved for documentation (RFC 5737, RFC 3849). */
function drawAddress(random: Random): string {
  const network = random.pick(['192.0.2', '198.51.100', '203.0.113'])
  return random.chance(0.3)
    ? `2001:db8:${random.integer(1, 0xffff).toString(16)}::1`
    : `${network}.${random.integer(1, 254)}`
}
