import { describe, expect, it } from '@jest/globals'
import { silentLogger } from '../log/log.ts'
import type { OwnedPartition } from './ownership.ts'
import { PartitionStopped, ProducerSpent } from './stopped.ts'
import { supervise, type Supervision } from './supervision.ts'

const partition = {
  partition: 3,
  lost: new AbortController().signal,
  stopping: new AbortController().signal,
} as OwnedPartition

/** Runs a loop that ends in turn as the list says; the last turn returns. */
async function run(...ends: readonly Error[]) {
  const told: string[] = []
  const supervision: Supervision = {
    log: silentLogger,
    onStarting: () => told.push('starting'),
    onRunning: () => undefined,
    onRestart: (_, reason) => told.push(reason),
    onStopped: (_, reason) => told.push(`stopped: ${reason}`),
    onLag: () => undefined,
    onReleased: () => undefined,
  }
  let turn = 0
  const own = () => {
    const error = ends[turn++]
    return error === undefined ? Promise.resolve() : Promise.reject(error)
  }
  const startedAt = performance.now()
  const supervised = supervise(partition, own, supervision)
  await supervised.ended
  return { told, stopped: supervised.stopped(), ms: performance.now() - startedAt }
}

describe('a supervised loop', () => {
  it('starts over after a failure', async () => {
    expect(await run(new Error('broker away'))).toMatchObject({ told: ['starting', 'failed', 'starting'] })
  })

  it('starts over at once where only its producer had to be replaced', async () => {
    const { told, ms } = await run(new ProducerSpent())
    expect(told).toEqual(['starting', 'recycled', 'starting'])
    expect(ms).toBeLessThan(150)
  })

  it('stands still where going on would lose or double, and says why', async () => {
    const { told, stopped } = await run(new PartitionStopped('offset_gap', 'a hole'))
    expect(told).toEqual(['starting', 'stopped: offset_gap'])
    expect(stopped).toBe('offset_gap')
  })
})
