import { overMemory } from './memory.ts'

/** What the processes of the measure of visitors tell; each of them more than is read here. MB, seconds. */
export interface Filled {
  readonly eventsPerSecond: Readonly<Record<'first' | 'last' | 'returning', number>>
  readonly rssAnonPeakMb: number
}
export interface Warm {
  readonly seconds: number
  readonly rssAnonPeakMb: number
}
export type Rebuilt = Warm

/** From so many visitors on one process a run is a proof; of fewer it says nothing. */
const visitorsOfProof = 5_000_000
const longestWarmRestart = 5

/** What the state of five million visitors must keep within and did not. */
export function brokenLimits(visitors: number, told: { fill: Filled; warm: Warm; rebuild: Rebuilt }): string[] {
  if (visitors < visitorsOfProof) return []
  const { fill, warm, rebuild } = told
  const peaks = Object.entries({ fill, warm, rebuild }).flatMap(([name, { rssAnonPeakMb }]) =>
    overMemory(name, rssAnonPeakMb),
  )
  const isSlow = !(warm.seconds <= longestWarmRestart)
  return [...peaks, ...(isSlow ? [`the warm restart took ${warm.seconds} s, not ${longestWarmRestart}`] : [])]
}
