import type { Millis } from '../event/event.ts'
import { isDirect } from '../session/channel.ts'
import type { Touchpoint } from './path.ts'
import type { AttributionRules } from './rules.ts'

/** The models that are credited in stream, in the order of a credit row's arrays. */
export const models = [
  'first_touch',
  'last_touch',
  'last_non_direct',
  'linear',
  'position_based',
  'time_decay',
] as const
export type Model = (typeof models)[number]

/** Credits are whole millionths, so that those of a conversion sum to one exactly. */
export const WHOLE = 1_000_000

const DAY_MS = 86_400_000

/**
 * What each touchpoint of a path gets of a conversion, in millionths that sum to {@link WHOLE}; nothing for an empty path.
 * Rules of Google Ads and GA4 (support.google.com/google-ads/answer/6259715): position 40/20/40, half-life seven days.
 *
 * @param path touchpoints, oldest first
 * @param at time of the conversion
 */
export function creditsOf(
  model: Model,
  path: readonly Touchpoint[],
  at: Millis,
  rules: Pick<AttributionRules, 'halfLifeMs'>,
): number[] {
  if (path.length === 0) return []
  const last = path.length - 1
  switch (model) {
    case 'first_touch':
      return wholeTo(path, 0)
    case 'last_touch':
      return wholeTo(path, last)
    case 'last_non_direct': {
      const found = path.findLastIndex((touch) => !isDirect(touch))
      return wholeTo(path, found < 0 ? last : found)
    }
    case 'linear':
      return apportion(WHOLE, Array<number>(path.length).fill(1))
    case 'position_based':
      return apportion(WHOLE, positionWeights(path.length))
    case 'time_decay':
      return apportion(WHOLE, decayWeights(path, at, rules.halfLifeMs))
  }
}

function wholeTo(path: readonly Touchpoint[], index: number): number[] {
  return path.map((_, at) => (at === index ? WHOLE : 0))
}

function positionWeights(length: number): number[] {
  if (length <= 2) return Array<number>(length).fill(1)
  const middle = 0.2 / (length - 2)
  return Array.from({ length }, (_, at) => (at === 0 || at === length - 1 ? 0.4 : middle))
}

/**
 * Age counts in whole days: within the day before a conversion, minutes do not decide what a touchpoint is worth. The
 * youngest weighs 1, so that a path long past its half-life does not come to nothing.
 */
function decayWeights(path: readonly Touchpoint[], at: Millis, halfLifeMs: Millis): number[] {
  const days = path.map(({ started_at }) => Math.max(0, Math.floor((at - started_at) / DAY_MS)))
  const youngest = Math.min(...days)
  return days.map((day) => halved(((day - youngest) * DAY_MS) / halfLifeMs))
}

/**
 * 2^-x by multiplications alone, which every engine rounds alike; the language leaves the last digit of `**` open, and
 * another digit after an upgrade would contradict what is already published.
 */
function halved(x: number): number {
  let result = 1
  for (let whole = Math.min(1_100, Math.floor(x)); whole > 0; whole--) result *= 0.5
  let rest = x - Math.floor(x)
  for (const root of ROOTS_OF_HALF) {
    rest *= 2
    if (rest < 1) continue
    rest -= 1
    result *= root
  }
  return result
}

/** The 2nd, 4th, 8th, … root of one half; square roots are exact to the last digit everywhere. */
const ROOTS_OF_HALF: readonly number[] = (() => {
  const roots: number[] = []
  let root = 0.5
  for (let n = 0; n < 40; n++) {
    root = Math.sqrt(root)
    roots.push(root)
  }
  return roots
})()

/**
 * Divides `total` in proportion to weights into whole numbers that sum to it: each gets its share rounded down, those
 * with the largest remainders one more, the earlier of two equal ones first (largest remainder method).
 *
 * @param total a whole number of at least 0
 * @param weights none negative, at least one above 0
 */
export function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0)
  const exact = weights.map((weight) => (total * weight) / sum)
  return rounded(
    total,
    exact.map(Math.floor),
    exact.map((share) => share - Math.floor(share)),
  )
}

/**
 * Divides money by credits in millionths, exactly: the parts are whole minor units and sum to `minor`, of which they have
 * the sign. `minor` may be any whole number up to 2^53.
 */
export function divideMoney(minor: number, credits: readonly number[]): number[] {
  const amount = Math.abs(minor)
  // In two steps, because amount * credit may be beyond what a double holds exactly.
  const whole = Math.floor(amount / WHOLE)
  const rest = amount % WHOLE
  const shares = credits.map((credit) => whole * credit + Math.floor((rest * credit) / WHOLE))
  const remainders = credits.map((credit) => (rest * credit) % WHOLE)
  const parts = rounded(amount, shares, remainders)
  return minor < 0 ? parts.map((part) => (part === 0 ? 0 : -part)) : parts
}

/** Gives what is left of `total` one by one to the shares with the largest remainders. */
function rounded(total: number, shares: number[], remainders: readonly number[]): number[] {
  let left = total - shares.reduce((a, b) => a + b, 0)
  if (left === 0) return shares
  const order = [...shares.keys()].sort((a, b) => (remainders[b] ?? 0) - (remainders[a] ?? 0) || a - b)
  for (const at of order) {
    if (left === 0) break
    shares[at] = (shares[at] ?? 0) + 1
    left--
  }
  return shares
}
