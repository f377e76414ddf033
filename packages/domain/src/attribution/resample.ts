/** Where a number lies in the middle 95 % of resamples of the visitors. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** The middle 95 % of what resamples came to (Efron 1979, percentile method); NaN is of none. */
export function middle(values: Float64Array): Interval {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort()
  const cut = Math.floor(0.025 * sorted.length)
  return { low: sorted[cut] ?? 0, high: sorted[sorted.length - 1 - cut] ?? 0 }
}

/** From here on the normal distribution is as good: what 200 resamples leave to chance is far more. */
const NORMAL_FROM = 64

/**
 * How often a group of visitors is drawn in one resample after another. To draw as many as there are with replacement is to
 * draw each of them a number of times that has Poisson distribution with mean 1 (Hanley and MacGibbon 2006, "Creating
 * non-parametric bootstrap samples using Poisson frequencies"), but for how many are drawn in all, which the caller has to
 * allow for. So no group has to wait for the others. The same seed gives the same numbers.
 */
export class PoissonNumbers {
  readonly #random: () => number
  /** By mean: the chance of at most 0, 1, 2 … */
  readonly #chances = new Map<number, readonly number[]>()

  constructor(seed: number) {
    this.#random = randomFrom(seed)
  }

  /** @param mean a natural number */
  fill(numbers: Float64Array, mean: number): void {
    if (mean < NORMAL_FROM) this.#fillExactly(numbers, this.#chancesOf(mean))
    else for (let at = 0; at < numbers.length; at++) numbers[at] = this.#normal(mean)
  }

  #fillExactly(numbers: Float64Array, chances: readonly number[]): void {
    for (let at = 0; at < numbers.length; at++) {
      const random = this.#random()
      let number = 0
      while (random >= (chances[number] ?? 1)) number++
      numbers[at] = number
    }
  }

  #chancesOf(mean: number): readonly number[] {
    const known = this.#chances.get(mean)
    if (known !== undefined) return known
    const chances: number[] = []
    let [chance, sum] = [Math.exp(-mean), 0]
    for (let number = 0; number < mean || chance > Number.EPSILON; number++) {
      chances.push((sum += chance))
      chance *= mean / (number + 1)
    }
    this.#chances.set(mean, chances)
    return chances
  }

  /** Of the same mean and variance (Box and Muller 1958). */
  #normal(mean: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.#random()))
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * radius * Math.cos(2 * Math.PI * this.#random())))
  }
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
