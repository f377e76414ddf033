import { describe, expect, it } from '@jest/globals'
import { buildEvent } from '@cairn/testkit/domain'
import fc from 'fast-check'
import { changesEvent, changesSession, MOST_USER_MARKS, noteUser, pruneUsers, sessionUser, userOf } from './user.ts'
import type { UserChange, UserMarks } from './user.ts'

type Named = readonly [time: number, eventId: string, user: string]

const named = ([event_time, event_id, user_id]: Named) => buildEvent({ event_time, event_id, user_id })
const marked = (list: readonly Named[]) => list.reduce<UserMarks>((marks, one) => noteUser(marks, named(one)).marks, [])
const change = (marks: UserMarks, one: Named) => noteUser(marks, named(one)).change

describe('the user of an event that names none', () => {
  const marks = marked([
    [20, 'm', 'ada'],
    [40, 'm', 'bob'],
  ])

  it.each([
    [19, 'z', ''],
    [20, 'l', ''],
    [20, 'm', 'ada'],
    [39, 'z', 'ada'],
    [40, 'l', 'ada'],
    [40, 'n', 'bob'],
    [99, 'a', 'bob'],
  ])('at %d, %s is %j', (time, eventId, user) => {
    expect(userOf(marks, time, eventId)).toBe(user)
  })

  it('is that of the latest event at or before it which names one, in whatever order they came', () => {
    const one = fc.tuple(fc.nat(9), fc.constantFrom('a', 'b', 'c'), fc.constantFrom('ada', 'bob'))
    const few = fc.uniqueArray(one, { maxLength: MOST_USER_MARKS, selector: ([time, id]) => `${time}${id}` })
    fc.assert(
      fc.property(few, fc.nat(9), fc.constantFrom('a', 'b', 'c'), (list, time, id) => {
        const before = list.filter(([t, i]) => t < time || (t === time && i <= id))
        const last = before.sort(([s, i], [t, j]) => s - t || (i < j ? -1 : 1)).at(-1)
        expect(userOf(marked(list), time, id)).toBe(last?.[2] ?? '')
      }),
    )
  })
})

describe('the user of a session', () => {
  const marks = marked([
    [20, 'm', 'ada'],
    [40, 'm', 'bob'],
  ])
  const mark = (time: number, event_id: string, value: string) => ({ time, event_id, value })

  it('is the last known when it ends, the end included', () => {
    expect(sessionUser(marks, { time: 19, user: null })).toBe('')
    expect(sessionUser(marks, { time: 39, user: null })).toBe('ada')
    expect(sessionUser(marks, { time: 40, user: null })).toBe('bob')
    expect(sessionUser([], { time: 40, user: null })).toBe('')
  })

  it('is its own where that is later than what is still remembered', () => {
    expect(sessionUser(marks, { time: 39, user: mark(30, 'x', 'eve') })).toBe('eve')
    expect(sessionUser(marks, { time: 45, user: mark(30, 'x', 'eve') })).toBe('bob')
    expect(sessionUser([], { time: 45, user: mark(30, 'x', 'eve') })).toBe('eve')
  })
})

describe('naming a user', () => {
  const marks = marked([
    [20, 'm', 'ada'],
    [40, 'm', 'bob'],
  ])

  it('changes nothing where the event before names the same', () => {
    expect(change(marks, [30, 'x', 'ada'])).toBeNull()
    expect(change(marks, [50, 'x', 'bob'])).toBeNull()
  })

  it('changes events and sessions from there to the next mark', () => {
    const found = change(marks, [30, 'x', 'eve']) as UserChange
    const events = [
      [29, 'z'],
      [30, 'w'],
      [30, 'x'],
      [39, 'a'],
      [40, 'l'],
      [40, 'm'],
    ] as const
    expect(events.filter(([time, id]) => changesEvent(found, time, id))).toEqual([events[2], events[3], events[4]])
    const ends = [29, 30, 39, 40]
    expect(ends.filter((time) => changesSession(found, { time, user: null }))).toEqual([30, 39])
    const user = { time: 31, event_id: 'a', value: 'eve' }
    expect(changesSession(found, { time: 39, user })).toBe(false)
  })

  it('keeps the marks bounded: of a run of one user the inner ones go, the ends stay', () => {
    const run = Array.from({ length: 20 }, (_, at): Named => [at, 'e', at < 15 ? 'ada' : 'bob'])
    const kept = marked(run)
    expect(kept).toHaveLength(MOST_USER_MARKS)
    expect([userOf(kept, 0, 'z'), userOf(kept, 14, 'z'), userOf(kept, 15, 'z')]).toEqual(['ada', 'ada', 'bob'])
  })

  it('keeps them bounded where users alternate: the oldest go', () => {
    const turns = Array.from({ length: 20 }, (_, at): Named => [at, 'e', at % 2 === 0 ? 'ada' : 'bob'])
    expect(marked(turns).map(({ time }) => time)).toEqual([12, 13, 14, 15, 16, 17, 18, 19])
  })

  it('takes no id that is too long to be one', () => {
    expect(noteUser(marks, named([50, 'x', 'u'.repeat(1000)]))).toEqual({ marks, change: null })
    expect(noteUser(marks, named([50, 'x', 'u'.repeat(999)])).marks).toHaveLength(3)
  })
})

describe('forgetting users', () => {
  const marks = marked([
    [20, 'm', 'ada'],
    [30, 'm', 'bob'],
    [40, 'm', 'ada'],
  ])

  it.each([
    [20, 3],
    [30, 3],
    [31, 2],
    [41, 1],
    [99, 1],
  ])('before %d leaves %d marks: the last before then is still whose later events are', (from, left) => {
    const kept = pruneUsers(marks, from)
    expect(kept).toEqual(marks.slice(3 - left))
    expect(userOf(kept, Math.max(from, 20), 'z')).toBe(userOf(marks, Math.max(from, 20), 'z'))
  })
})
