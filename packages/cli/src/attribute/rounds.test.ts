import { describe, expect, it } from '@jest/globals'
import { inRounds } from './rounds.ts'

const hour = 3_600_000
const unexpected = (error: unknown) => {
  throw error
}

describe('rounds', () => {
  it('go on until interrupted, and the one that has begun is finished', async () => {
    const stop = new AbortController()
    const done: string[] = []
    const round = async () => {
      done.push('begun')
      if (done.length > 2) stop.abort()
      await Promise.resolve()
      done.push('finished')
    }
    await inRounds(round, 1, stop.signal, unexpected)
    expect(done).toEqual(['begun', 'finished', 'begun', 'finished'])
  })

  it('end at once when interrupted in a pause', async () => {
    const stop = new AbortController()
    let rounds = 0
    const round = async () => {
      rounds++
      await Promise.resolve()
    }
    const running = inRounds(round, hour, stop.signal, unexpected)
    setImmediate(() => stop.abort())
    await running
    expect(rounds).toBe(1)
  })

  it('are none where it was interrupted before the first', async () => {
    const round = () => Promise.reject(new Error('not to be done'))
    await inRounds(round, hour, AbortSignal.abort(), unexpected)
  })

  it('go on after one that fails, which is told', async () => {
    const stop = new AbortController()
    const told: string[] = []
    let rounds = 0
    const round = () => {
      rounds++
      if (rounds === 1) return Promise.reject(new Error('ClickHouse does not answer'))
      stop.abort()
      return Promise.resolve()
    }
    await inRounds(round, 1, stop.signal, (error) => told.push(String(error)))
    expect([rounds, told]).toEqual([2, ['Error: ClickHouse does not answer']])
  })
})
