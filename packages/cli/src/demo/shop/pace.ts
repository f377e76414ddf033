import type { Random } from './random.ts'

const second = 1000
const minute = 60 * second

/** Time until the next click; now and then the visitor is called away, but never for as long as a session's gap. */
export function pause(random: Random): number {
  return random.chance(0.02) ? random.between(6 * minute, 24 * minute) : random.between(4 * second, 70 * second)
}

/** Time from a page to the event its script sends. */
export function instant(random: Random): number {
  return random.between(80, 900)
}
