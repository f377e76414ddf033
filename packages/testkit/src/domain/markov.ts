import { JourneyTally, type StepValue } from '@cairn/domain'

/** Journeys that went the same way, each of another visitor, and how many of them converted at its end. */
export interface JourneyCount {
  readonly steps: readonly string[]
  readonly visitors: number
  readonly converted: number
}

/** The Markov values of a few journeys, without intervals. */
export function markov(journeys: readonly JourneyCount[]): Pick<StepValue, 'step' | 'removalEffect' | 'conversions'>[] {
  const tally = new JourneyTally({ draws: 0, seed: 0 })
  for (const { steps, visitors, converted } of journeys) {
    tally.add({ ways: [steps], converted: true, visitors: converted })
    tally.add({ ways: [steps], converted: false, visitors: visitors - converted })
  }
  return tally.values().markov.map(({ step, removalEffect, conversions }) => ({ step, removalEffect, conversions }))
}
