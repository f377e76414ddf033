import { CONVERTED, FIRST_STEP, LOST, START, removalEffects } from './data-driven.ts'
import { middle, PoissonNumbers, type Interval } from './resample.ts'

/** Visitors that went the same ways. */
export interface VisitorGroup {
  /** Steps in order: the way to each of a visitor's conversions, or the one way of a visitor who had none. */
  readonly ways: readonly (readonly string[])[]
  readonly converted: boolean
  readonly visitors: number
}

/** What one step is worth under a model. */
export interface StepValue extends Interval {
  readonly step: string
  /** Share of the chance to convert that is lost without it, 0 to 1; null under a model that has none. */
  readonly removalEffect: number | null
  /** Conversions credited to it; those of all steps sum to the conversions that had a step. The interval is theirs. */
  readonly conversions: number
}

/** A number for all visitors as they are, and one for each resample of them. */
type Tally = Float64Array

/** Parts the two states in the key of a move: more steps than that no definitions have. */
const STATES = 0x1_0000

/**
 * Values of the steps of journeys under both models, with bootstrap intervals: visitors are drawn again with replacement,
 * each with all their journeys, as those of one visitor are alike. Journeys are added one after another and not kept; what
 * is kept is how often each move from a step to another was made, in all and in each resample. So it takes memory by the
 * number of moves and time by that of the different journeys. The same groups in the same order give the same values.
 */
export class JourneyTally {
  readonly #poisson: PoissonNumbers
  readonly #steps = new Map<string, number>()
  readonly #moves = new Map<number, Tally>()
  /** Conversions as Shapley credits them, by step. */
  readonly #shares: Tally[] = []
  /** How often the visitors of a group are drawn. */
  readonly #weights: Tally
  readonly #visitors: Tally
  readonly #converted: Tally
  #journeys = 0

  /** @param draws resamples; at least 40, or there is no middle 95 % */
  constructor({ draws, seed }: { readonly draws: number; readonly seed: number }) {
    this.#poisson = new PoissonNumbers(seed)
    this.#weights = new Float64Array(1 + draws)
    this.#visitors = new Float64Array(1 + draws)
    this.#converted = new Float64Array(1 + draws)
  }

  /** Journeys with a step: those without are nobody's. */
  get journeys(): number {
    return this.#journeys
  }

  /** Those of them that converted. */
  get converted(): number {
    return this.#converted[0] ?? 0
  }

  add({ ways, converted, visitors }: VisitorGroup): void {
    this.#weights[0] = visitors
    this.#poisson.fill(this.#weights.subarray(1), visitors)
    increase(this.#visitors, this.#weights)
    for (const way of ways) {
      if (way.length === 0) continue
      const steps = way.map((step) => this.#numberOf(step))
      this.#journeys += visitors
      this.#addMoves(steps, converted ? CONVERTED : LOST)
      if (converted) this.#addConversion(new Set(steps))
    }
  }

  /** By name of the step. */
  values(): { readonly markov: StepValue[]; readonly shapley: StepValue[] } {
    const { effects, conversions } = this.#markov()
    const steps = [...this.#steps]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([step, state]) => ({ step, at: state - FIRST_STEP }))
    return {
      markov: steps.map(({ step, at }) => ({
        step,
        removalEffect: effects[at] ?? 0,
        ...this.#valued(conversions[at]),
      })),
      shapley: steps.map(({ step, at }) => ({ step, removalEffect: null, ...this.#valued(this.#shares[at]) })),
    }
  }

  #numberOf(step: string): number {
    const known = this.#steps.get(step)
    if (known !== undefined) return known
    const number = FIRST_STEP + this.#steps.size
    this.#steps.set(step, number)
    this.#shares.push(this.#zeros())
    return number
  }

  /** A step that follows itself is left out: it changes no chance to come from one step to another. */
  #addMoves(steps: readonly number[], end: number): void {
    let from = START
    for (const to of steps) {
      if (to !== from) this.#addMove(from, to)
      from = to
    }
    this.#addMove(from, end)
  }

  #addMove(from: number, to: number): void {
    const key = from * STATES + to
    let tally = this.#moves.get(key)
    if (tally === undefined) this.#moves.set(key, (tally = this.#zeros()))
    increase(tally, this.#weights)
  }

  /**
   * Shapley values of the game in which a set of steps earns the conversions whose journeys it covers (Zhao et al. 2018,
   * "Shapley value methods for attribution modeling"): each conversion is divided evenly among the different steps of its
   * journey, which is exact for any number of steps.
   */
  #addConversion(steps: ReadonlySet<number>): void {
    increase(this.#converted, this.#weights)
    for (const step of steps) increase(this.#shares[step - FIRST_STEP] as Tally, this.#weights, 1 / steps.size)
  }

  /** Conversions are divided in proportion to the removal effects. */
  #markov(): { readonly effects: readonly number[]; readonly conversions: readonly Tally[] } {
    const moves = [...this.#moves].map(([key, tally]) => ({ from: Math.floor(key / STATES), to: key % STATES, tally }))
    const conversions = this.#shares.map(() => this.#zeros())
    const effectsIn = (draw: number): number[] => {
      const drawn = moves.map(({ from, to, tally }) => ({ from, to, count: tally[draw] ?? 0 }))
      const effects = removalEffects(drawn, this.#steps.size)
      const sum = effects.reduce((a, b) => a + b, 0)
      for (const [step, effect] of effects.entries())
        (conversions[step] as Tally)[draw] = sum === 0 ? 0 : ((this.#converted[draw] ?? 0) * effect) / sum
      return effects
    }
    const effects = effectsIn(0)
    for (let draw = 1; draw < this.#weights.length; draw++) effectsIn(draw)
    return { effects, conversions }
  }

  /** As many are drawn as there are visitors only on the average: each resample is brought to as many. */
  #valued(tally: Tally = this.#zeros()): Pick<StepValue, 'conversions' | 'low' | 'high'> {
    const visitors = this.#visitors[0] ?? 0
    const resampled = tally.map((number, draw) => (number / (this.#visitors[draw] ?? 0)) * visitors)
    return { conversions: tally[0] ?? 0, ...middle(resampled.subarray(1)) }
  }

  #zeros(): Tally {
    return new Float64Array(this.#weights.length)
  }
}

function increase(tally: Tally, weights: Tally, times = 1): void {
  for (let draw = 0; draw < weights.length; draw++)
    tally[draw] = (tally[draw] as number) + times * (weights[draw] as number)
}
