import { describe, expect, it } from '@jest/globals'
import { inRounds } from './rounds.ts'

const hour = 3_600_000

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
    await inRounds(round, 1, stop.signal)
    expect(done).toEqual(['begun', 'finished', 'begun', 'finished'])
  })

  it('end at once when interrupted in a pause', async () => {
    const stop = new AbortController()
    let rounds = 0
    const round = async () => {
      rounds++
      await Promise.resolve()
    }
    const running = inRounds(round, hour, stop.signal)
    setImmediate(() => stop.abort())
    await running
    expect(rounds).toBe(1)
  })

  it('end with the failure of a round', async () => {
    const failing = () => Promise.reject(new Error('ClickHouse does not answer'))
    await expect(inRounds(failing, 1, new AbortController().signal)).rejects.toThrow('ClickHouse does not answer')
  })
})
