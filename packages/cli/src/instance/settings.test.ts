import { describe, expect, it } from '@jest/globals'
import { readSettings } from './settings.ts'

describe('ATTRIBUTE_EVERY', () => {
  it.each([
    [undefined, '1h'],
    ['', '1h'],
    ['30m', '30m'],
    ['1d', '1d'],
    ['off', undefined],
  ])('of %j is %j', (given, every) => {
    expect(readSettings({ ATTRIBUTE_EVERY: given, CAIRN_CONFIG: '/is/for/services' }).attributeEvery).toBe(every)
  })

  it.each(['60', '30s', 'never', '25d', 'OFF'])('is refused where it is %s', (given) => {
    expect(() => readSettings({ ATTRIBUTE_EVERY: given })).toThrow(
      `ATTRIBUTE_EVERY: "${given}" must be a time such as 30m, 1h or 1d, from 1m to 24d, or off`,
    )
  })
})

describe('CAIRN_NAMESPACE', () => {
  it('is cairn where it is not given', () => {
    expect([readSettings({}), readSettings({ CAIRN_NAMESPACE: 'shop-2' })]).toMatchObject([
      { namespace: 'cairn' },
      { namespace: 'shop-2' },
    ])
  })

  it('is refused where topics cannot be called so', () => {
    expect(() => readSettings({ CAIRN_NAMESPACE: 'My Shop' })).toThrow(
      'CAIRN_NAMESPACE: "My Shop" must be lower case letters, digits, - and _',
    )
  })
})
