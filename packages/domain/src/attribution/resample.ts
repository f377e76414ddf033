import type { JourneyCount, StepValue } from './data-driven.ts'

/** Where a step's credited conversions lie in the middle 95 % of resamples. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/**
 * Bootstrap interval (Efron 1979, percentile method): visitors are drawn again with replacement from the journeys, and the
 * model is computed on each draw. The same seed gives the same interval.
 *
 * @param draws at least 40, or there is no middle 95 %
 */
export function resampled(
  journeys: readonly JourneyCount[],
  model: (journeys: readonly JourneyCount[]) => StepValue[],
  { draws, seed }: { readonly draws: number; readonly seed: number },
): ReadonlyMap<string, Interval> {
  const random = randomFrom(seed)
  const values = new Map<string, number[]>()
  for (const { step } of model(journeys)) values.set(step, [])
  for (let draw = 0; draw < draws; draw++) {
    const found = new Map(model(drawn(journeys, random)).map(({ step, conversions }) => [step, conversions]))
    for (const [step, list] of values) list.push(found.get(step) ?? 0)
  }
  return new Map([...values].map(([step, list]) => [step, middle(list.sort((a, b) => a - b))]))
}

function middle(sorted: readonly number[]): Interval {
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { low: at(0.025), high: at(0.975) }
}

/** As many visitors as there are, each drawn from all of them. */
function drawn(journeys: readonly JourneyCount[], random: () => number): JourneyCount[] {
  const ends: number[] = []
  let total = 0
  for (const { visitors, converted } of journeys) {
    ends.push((total += converted), (total += visitors - converted))
  }
  const hits = Array<number>(ends.length).fill(0)
  for (let visitor = 0; visitor < total; visitor++) {
    const at = upperBound(ends, random() * total)
    hits[at] = (hits[at] ?? 0) + 1
  }
  return journeys.map(({ steps }, at) => {
    const converted = hits[2 * at] ?? 0
    return { steps, converted, visitors: converted + (hits[2 * at + 1] ?? 0) }
  })
}

/** The first of ascending numbers that is above `value`. */
function upperBound(ascending: readonly number[], value: number): number {
  let [low, high] = [0, ascending.length - 1]
  while (low < high) {
    const between = (low + high) >>> 1
    if ((ascending[between] ?? 0) > value) high = between
    else low = between + 1
  }
  return low
}

/** Numbers from 0 to 1: mulberry32 (Tommy Ettinger, public domain). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}
