import { describe, expect, it } from '@jest/globals'
import { defaultKey } from './send.ts'

describe('the write key that is meant where none is named', () => {
  it.each([
    ['dev where there is one', { web: 'shop', dev: 'dev' }, 'dev'],
    ['the only one there is', { web: 'shop' }, 'web'],
  ])('is %s', (_, keys, key) => {
    expect(defaultKey(keys)).toBe(key)
  })

  it('is not guessed: those there are get named', () => {
    expect(() => defaultKey({ web: 'shop', srv: 'shop:server' })).toThrow(
      'name the write key with --write-key; the instance has web for site shop, srv for site shop:server',
    )
  })
})
