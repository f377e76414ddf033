import { describe, it } from '@jest/globals'
import fc from 'fast-check'
import { eventTime, parseTime } from './time.ts'

const millis = fc.integer({ min: 0, max: 4_000_000_000_000 })
const optional = fc.option(millis, { nil: null })

describe('event time', () => {
  it('is never later than received', () => {
    fc.assert(
      fc.property(millis, optional, optional, (receivedAt, sentAt, deviceTime) => {
        return eventTime({ receivedAt, sentAt, deviceTime }) <= receivedAt
      }),
    )
  })

  it('keeps the order of the events of one batch, whatever its clock says', () => {
    fc.assert(
      fc.property(millis, optional, fc.array(millis), (receivedAt, sentAt, times) => {
        const happened = times.sort((a, b) => a - b).map((deviceTime) => eventTime({ receivedAt, sentAt, deviceTime }))
        return happened.every((time, i) => i === 0 || (happened[i - 1] as number) <= time)
      }),
    )
  })

  it('keeps them as far apart as they were, where none happened after the batch was sent', () => {
    const ago = fc.integer({ min: 0, max: 1_000_000 })
    const off = fc.oneof(fc.integer({ min: -100_000, max: 100_000 }), fc.integer({ min: -1e10, max: 1e10 }))
    fc.assert(
      fc.property(millis, off, ago, ago, (receivedAt, by, one, other) => {
        const sentAt = receivedAt + by
        const [a = 0, b = 0] = [one, other].map((ms) => eventTime({ receivedAt, sentAt, deviceTime: sentAt - ms }))
        return b - a === one - other
      }),
    )
  })

  it('reads back every time as JavaScript writes it', () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date('0000-01-01T00:00:00Z'),
          max: new Date('9999-12-31T23:59:59.999Z'),
          noInvalidDate: true,
        }),
        (date) => parseTime(date.toISOString()) === date.getTime(),
      ),
    )
  })

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.anything(), (sent) => {
        const time = parseTime(sent)
        return time === undefined || Number.isSafeInteger(time)
      }),
    )
  })
})
