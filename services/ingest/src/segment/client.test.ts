import { describe, expect, it } from '@jest/globals'
import type { Arrival } from './arrival.ts'
import { clientOf } from './client.ts'

const arrival: Arrival = {
  receivedAt: 0,
  address: '',
  userAgent: '',
  country: '',
  sentAt: undefined,
  context: undefined,
  hasEscapes: false,
  type: undefined,
  newId: () => 'id',
}

describe('the agent of an opened mail', () => {
  // As Apple's proxy names itself.
  const context = { userAgent: 'Mozilla/5.0' }

  it('is no bot where a server tells of the mail, and one where a browser is said to be it', () => {
    expect([true, false].map((isServer) => clientOf(context, arrival, isServer).agent.is_bot)).toEqual([false, true])
  })
})
