import { describe, expect, it } from '@jest/globals'
import { everyMs } from './every.ts'

describe('the time between rounds', () => {
  it.each([
    ['1m', 60_000],
    ['90m', 5_400_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['24d', 24 * 86_400_000],
    ['576h', 24 * 86_400_000],
  ])('is read from %s', (text, ms) => {
    expect(everyMs(text)).toBe(ms)
  })

  it.each(['', '60', '0m', '01h', '1s', '1.5h', '1 h', '-1h', '25d', '577h', '34561m', 'off', 'h'])(
    'is not read from "%s"',
    (text) => {
      expect(everyMs(text)).toBeUndefined()
    },
  )
})
