import { describe, expect, it } from '@jest/globals'
import { brokenLimits } from './limits.ts'

const within = { rssAnonPeakMb: 1_500, seconds: 5 }
const fill = { ...within, eventsPerSecond: { first: 1, last: 1, returning: 1 } }

describe('the limits of the state of five million visitors', () => {
  it('are kept up to the very figure', () => {
    expect(brokenLimits(5_000_000, { fill, warm: within, rebuild: within })).toEqual([])
  })

  it.each([
    [{ fill: { ...fill, rssAnonPeakMb: 1_501 } }, 'fill took 1501 MB of anonymous memory, not 1500'],
    [{ warm: { ...within, seconds: 5.01 } }, 'the warm restart took 5.01 s, not 5'],
    [{ rebuild: { ...within, rssAnonPeakMb: NaN } }, 'rebuild took NaN MB of anonymous memory, not 1500'],
  ])('are broken beyond it, and where it is not known: %j', (broken, told) => {
    expect(brokenLimits(5_000_000, { fill, warm: within, rebuild: within, ...broken })).toEqual([told])
  })

  it('say nothing of fewer visitors', () => {
    const slow = { rssAnonPeakMb: 9_999, seconds: 99 }
    expect(brokenLimits(4_999_999, { fill, warm: slow, rebuild: slow })).toEqual([])
  })
})
