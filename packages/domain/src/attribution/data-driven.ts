/** States of a chain of journeys: where they begin and how they end. The steps are the numbers from FIRST_STEP on. */
export const START = 0
export const CONVERTED = 1
export const LOST = 2
export const FIRST_STEP = 3

/** How often journeys went from one state to another one. */
export interface Move {
  readonly from: number
  readonly to: number
  readonly count: number
}

/**
 * First-order Markov chain over journeys (Anderl et al. 2014, "Mapping the customer journey"): each step leads to the next
 * with the probability it did so in the journeys, and the last one to a conversion or to nothing. A step's removal effect is
 * the share of conversions that are lost when everything that leads to it leads to nothing: of those that pass it, all.
 * With N = (I - Q)^-1, how often each step is passed from each other one (Kemeny and Snell 1960, "Finite Markov chains"), a
 * journey that is at i ever comes to j with chance N[i,j] / N[j,j]. Exact: the chain is solved, not sampled.
 *
 * @param moves from each step that is reached a way leads to an end; none leads from a step to itself
 * @returns the effect of each step, 0 to 1, in the order of their numbers
 */
export function removalEffects(moves: readonly Move[], steps: number): number[] {
  const { starts, converts, passes } = chainOf(moves, steps)
  invert(passes, steps)
  const pass = (from: number, to: number): number => passes[from * steps + to] as number
  const chances = Array.from(converts, (_, from) => converts.reduce((sum, next, to) => sum + pass(from, to) * next, 0))
  const whole = starts.reduce((sum, start, step) => sum + start * (chances[step] as number), 0)
  return chances.map((chance, step) => {
    const reached = starts.reduce((sum, start, from) => sum + start * pass(from, step), 0) / pass(step, step)
    return whole === 0 ? 0 : (reached * chance) / whole
  })
}

interface Chain {
  /** Probability to begin with each step. */
  readonly starts: Float64Array
  /** Probability to convert next, by step. */
  readonly converts: Float64Array
  /** I - Q, row by row: Q is the probability to go from one step to another. */
  readonly passes: Float64Array
}

function chainOf(moves: readonly Move[], steps: number): Chain {
  const totals = new Float64Array(FIRST_STEP + steps)
  for (const { from, count } of moves) totals[from] = (totals[from] as number) + count
  const starts = new Float64Array(steps)
  const converts = new Float64Array(steps)
  const passes = new Float64Array(steps * steps)
  for (let step = 0; step < steps; step++) passes[step * steps + step] = 1
  for (const { from, to, count } of moves) {
    if (count === 0) continue
    const chance = count / (totals[from] as number)
    if (from === START) starts[to - FIRST_STEP] = chance
    else if (to === CONVERTED) converts[from - FIRST_STEP] = chance
    else if (to !== LOST) passes[(from - FIRST_STEP) * steps + to - FIRST_STEP] = -chance
  }
  return { starts, converts, passes }
}

/**
 * Inverts a matrix in place (Gauss-Jordan). Every step is left with a positive chance, so no pivot is 0; and since no row
 * of I - Q sums to less than 0, none has to be looked for either.
 */
function invert(matrix: Float64Array, size: number): void {
  for (let at = 0; at < size; at++) {
    const pivotRow = matrix.subarray(at * size, (at + 1) * size)
    const pivot = pivotRow[at] as number
    pivotRow[at] = 1
    for (let column = 0; column < size; column++) pivotRow[column] = (pivotRow[column] as number) / pivot
    for (let row = 0; row < size; row++) {
      if (row === at) continue
      const first = row * size
      const factor = matrix[first + at] as number
      if (factor === 0) continue
      matrix[first + at] = 0
      for (let column = 0; column < size; column++)
        matrix[first + column] = (matrix[first + column] as number) - factor * (pivotRow[column] as number)
    }
  }
}
