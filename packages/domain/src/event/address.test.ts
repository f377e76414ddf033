import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { cutAddress } from './address.ts'

describe('an address', () => {
  it.each([
    ['203.0.113.77', '203.0.113.0'],
    ['255.255.255.255', '255.255.255.0'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::'],
    ['2001:0DB8:0001::1', '2001:db8:1::'],
    ['2001:db8::1', '2001:db8::'],
    ['::1', '::'],
    ['fe80::1%eth0', 'fe80::'],
    ['::ffff:203.0.113.77', '203.0.113.0'],
    ['::FFFF:cb00:714d', '203.0.113.0'],
  ])('%s is cut to its network %s', (address, network) => {
    expect(cutAddress(address)).toBe(network)
  })

  it.each([
    '',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '010.1.1.1',
    '1::2::3',
    '12345::',
    ':::',
    'unknown, 1.2.3.4',
  ])('"%s" is none, and nothing of it is kept', (address) => {
    expect(cutAddress(address)).toBe('')
  })

  it('of IPv4 loses exactly its last number', () => {
    fc.assert(fc.property(fc.ipV4(), (ip) => cutAddress(ip) === ip.replace(/\d+$/, '0')))
  })

  it('of IPv6 keeps three groups at most, and cutting it again changes nothing', () => {
    fc.assert(
      fc.property(fc.ipV6(), (ip) => {
        const network = cutAddress(ip)
        expect(network).toMatch(/^(?:(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,2})?::|[\d.]+\.0)$/)
        expect(cutAddress(network)).toBe(network)
      }),
    )
  })
})
