/** Visitors that went the same way: the steps in order, how many there were, and how many of them converted at its end. */
export interface JourneyCount {
  readonly steps: readonly string[]
  readonly visitors: number
  readonly converted: number
}

/** What one step is worth under a model. */
export interface StepValue {
  readonly step: string
  /** Share of the chance to convert that is lost without it, 0 to 1; null under a model that has none. */
  readonly removalEffect: number | null
  /** Conversions credited to it; those of all steps sum to the conversions that had a step. */
  readonly conversions: number
}

const START = 0
const FIRST_STEP = 1

/**
 * First-order Markov chain over journeys (Anderl et al. 2014, "Mapping the customer journey"): each step leads to the next
 * with the probability it did so in the journeys, and the last one to a conversion or to nothing. A step's removal effect is
 * the share of conversions that are lost when everything that leads to it leads to nothing; conversions are divided in
 * proportion. Exact: the chain is solved, not sampled.
 */
export function markov(journeys: readonly JourneyCount[]): StepValue[] {
  const steps = stepsOf(journeys)
  const chain = chainOf(journeys, steps)
  const whole = conversionChance(chain, null)
  const effects = steps.map((_, at) => (whole === 0 ? 0 : 1 - conversionChance(chain, at + FIRST_STEP) / whole))
  const sum = effects.reduce((a, b) => a + b, 0)
  const converted = conversionsOf(journeys)
  return steps.map((step, at) => {
    const removalEffect = effects[at] ?? 0
    return { step, removalEffect, conversions: sum === 0 ? 0 : (converted * removalEffect) / sum }
  })
}

/**
 * Shapley values of the game in which a set of steps earns the conversions whose journeys it covers (Zhao et al. 2018,
 * "Shapley value methods for attribution modeling"): each conversion is then divided evenly among the different steps of its
 * journey, which is exact for any number of steps.
 */
export function shapley(journeys: readonly JourneyCount[]): StepValue[] {
  const credited = new Map(stepsOf(journeys).map((step) => [step, 0]))
  for (const { steps, converted } of journeys) {
    const distinct = new Set(steps)
    for (const step of distinct) credited.set(step, (credited.get(step) ?? 0) + converted / distinct.size)
  }
  return [...credited].map(([step, conversions]) => ({ step, removalEffect: null, conversions }))
}

function stepsOf(journeys: readonly JourneyCount[]): string[] {
  return [...new Set(journeys.flatMap(({ steps }) => steps))].sort()
}

/** Of journeys with a step: those without are nobody's. */
function conversionsOf(journeys: readonly JourneyCount[]): number {
  return journeys.reduce((sum, { steps, converted }) => sum + (steps.length === 0 ? 0 : converted), 0)
}

interface Chain {
  /** Probability to go from one state to another: the start, then the steps. */
  readonly moves: readonly (readonly number[])[]
  /** Probability to convert next, by state. */
  readonly converts: readonly number[]
}

function chainOf(journeys: readonly JourneyCount[], steps: readonly string[]): Chain {
  const states = steps.length + 1
  const numbers = new Map(steps.map((step, at) => [step, at + FIRST_STEP]))
  const counts = Array.from({ length: states }, () => Array<number>(states).fill(0))
  const ends = Array<number>(states).fill(0)
  const totals = Array<number>(states).fill(0)
  const count = (row: number[] | undefined, at: number, by: number): void => {
    if (row !== undefined) row[at] = (row[at] ?? 0) + by
  }
  for (const journey of journeys) {
    if (journey.steps.length === 0) continue
    let from = START
    for (const step of journey.steps) {
      const to = numbers.get(step) ?? START
      count(counts[from], to, journey.visitors)
      count(totals, from, journey.visitors)
      from = to
    }
    count(ends, from, journey.converted)
    count(totals, from, journey.visitors)
  }
  const share = (number: number, from: number): number => (totals[from] ? number / totals[from] : 0)
  return {
    moves: counts.map((row, from) => row.map((number) => share(number, from))),
    converts: ends.map((number, from) => share(number, from)),
  }
}

/** Chance to convert from the start, without ever passing the state `removed`. */
function conversionChance({ moves, converts }: Chain, removed: number | null): number {
  const states = moves.length
  // (I - M) x = c, with the removed state's row and column empty.
  const rows = moves.map((row, from) => {
    const equation = row.map((chance, to) => {
      const kept = from === removed || to === removed ? 0 : chance
      return (from === to ? 1 : 0) - kept
    })
    equation.push(from === removed ? 0 : (converts[from] ?? 0))
    return equation
  })
  for (let at = states - 1; at > 0; at--) eliminate(rows, at)
  const [first] = rows
  return first === undefined ? 0 : (first[states] ?? 0) / (first[START] ?? 1)
}

/**
 * Takes the unknown `at` out of all equations above. Every state is left with a positive chance, so no pivot is 0; and
 * since no row sums to more than its diagonal, none has to be looked for either.
 */
function eliminate(rows: number[][], at: number): void {
  const pivot = rows[at] ?? []
  for (let row = 0; row < at; row++) {
    const equation = rows[row] ?? []
    const factor = (equation[at] ?? 0) / (pivot[at] ?? 1)
    if (factor === 0) continue
    for (let column = 0; column < equation.length; column++)
      equation[column] = (equation[column] ?? 0) - factor * (pivot[column] ?? 0)
  }
}
