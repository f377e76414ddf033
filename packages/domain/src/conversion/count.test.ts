import { expect, it } from '@jest/globals'
import { replaceClaim, type Claim, type Claims } from './count.ts'

const touchedAt = (touched_at: number): Claim => ({
  goal: 'renew',
  order_id: `o${touched_at}`,
  conversion_id: 'c',
  event_time: 0,
  event_id: 'e',
  touched_at,
})

it('forgets the longest untouched of a thousand claims in a state of fold version 12, which kept the latest first', () => {
  const visitor: Claims = { claims: Array.from({ length: 1_000 }, (_, at) => touchedAt(1_000 - at)) }
  replaceClaim(visitor, touchedAt(1_001))
  replaceClaim(visitor, touchedAt(1_002))
  const kept = visitor.claims.map(({ touched_at }) => touched_at).toSorted((a, b) => a - b)
  expect([kept.length, kept[0], kept.at(-1)]).toEqual([1_000, 3, 1_002])
})
