import { describe, expect, it } from '@jest/globals'
import { attributeEvery } from './settings.ts'

describe('ATTRIBUTE_EVERY', () => {
  it.each([
    [undefined, '1h'],
    ['', '1h'],
    ['30m', '30m'],
    ['1d', '1d'],
    ['off', undefined],
  ])('of %j is %j', (given, every) => {
    expect(attributeEvery({ ATTRIBUTE_EVERY: given, CAIRN_CONFIG: '/is/for/services' })).toBe(every)
  })

  it.each(['60', '30s', 'never', '25d', 'OFF'])('is refused where it is %s', (given) => {
    expect(() => attributeEvery({ ATTRIBUTE_EVERY: given })).toThrow(
      `ATTRIBUTE_EVERY: "${given}" must be a time such as 30m, 1h or 1d, from 1m to 24d, or off`,
    )
  })
})
