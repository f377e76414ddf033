import { describe, expect, it } from '@jest/globals'
import { idIn, isUnusable } from './id.ts'
import { namesNobody, shapeOf } from './message.ts'

describe('a text sent for an id', () => {
  it.each([
    ...['undefined', 'null', ' NULL\n', 'None', '[object Object]', '(not set)', 'Guest', 'anonymous', 'n/a', '-', '0'],
    ...['00000000-0000-0000-0000-000000000000', '{{ user.id }}', '${userId}', '<%= user.id %>', '%%USER_ID%%'],
  ])('is none where it is %j', (text) => {
    expect([idIn(text), isUnusable(text)]).toEqual(['', true])
  })

  it.each(['', ' ', '\n'])('is absent where it is %j', (text) => {
    expect([idIn(text), isUnusable(text)]).toEqual(['', false])
  })

  it.each([
    ...['ada', 'guest-7', 'null-7', '10', 'u/a', '{{A}}1', '00000000-0000-0000-0000-000000000001'],
    '3f2b8c1e-7d64-4a07-9c55-1d2e3f405162',
  ])('is %j as it is, without white space around it', (text) => {
    expect([idIn(` ${text}\t`), isUnusable(text)]).toEqual([text, false])
  })
})

describe('a message', () => {
  const ids = (sent: object) => {
    const shaped = shapeOf({ type: 'alias', ...sent }, undefined)
    if (!shaped.ok) throw new Error(shaped.refusal.message)
    const { anonymousId, userId, previousId } = shaped.message
    return [anonymousId, userId, previousId, namesNobody(sent)]
  }

  it('names nobody by an id that is none: all who are sent so would be one visitor or one user', () => {
    expect(ids({ anonymousId: 'undefined', userId: 'null', previousId: '(not set)' })).toEqual(['', '', '', true])
    expect(ids({ anonymousId: ' a\n', userId: 'Guest' })).toEqual(['a', '', '', true])
    expect(ids({ anonymousId: 'a', userId: 'null' })).toEqual(['a', '', '', true])
    expect(ids({ anonymousId: 'a', previousId: 'null' })).toEqual(['a', '', '', true])
    expect(ids({ anonymousId: 'a', userId: null, previousId: '' })).toEqual(['a', '', '', false])
  })
})
