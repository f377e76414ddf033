import { describe, expect, it } from '@jest/globals'
import { Inbox, silentLogger, UnknownSchema, type Incoming, type OwnedPartition } from '@cairn/runtime'
import { PendingRecords } from './pending-records.ts'

const nothing = () => undefined

/** An inbox with records at these offsets, written at 100 times the offset, and how often the partition said it is blocked. */
function given(...offsets: readonly number[]) {
  const inbox = new Inbox({ seek: nothing, pause: nothing, resume: nothing }, 1_000)
  const records = offsets.map((offset): Incoming => ({ key: '', value: null, offset, timestamp: offset * 100 }))
  const [lost, stopping] = [new AbortController(), new AbortController()]
  const told: boolean[] = []
  const partition = { partition: 3, lost: lost.signal, stopping: stopping.signal } as OwnedPartition
  const observe = { blocked: (p: number, isBlocked: boolean) => told.push(p === 3 && isBlocked) }
  const pending = new PendingRecords(inbox, partition, { most: 3, log: silentLogger, observe, waits: 'it waits' })
  pending.readFrom(0)
  if (records.length > 0)
    inbox.put({ first: 0, records: records.values(), bytes: 0, next: (offsets.at(-1) ?? 0) + 1, highWatermark: 9 })
  return { pending, told, lost, stopping }
}

/** Takes up to `most`, and ends at the one with offset `end`. */
function take(pending: PendingRecords, { most = Infinity, end = Infinity } = {}): number[] {
  const taken: number[] = []
  for (const { offset } of pending.take(most)) {
    if (offset === end) break
    taken.push(offset)
  }
  return taken
}

describe('pending records', () => {
  it('are taken no more at once than is allowed or asked for', async () => {
    const { pending } = given(0, 1, 2, 3, 4)
    await pending.wait()
    expect(take(pending)).toEqual([0, 1, 2])
    expect(take(pending, { most: 1 })).toEqual([3])
    expect([take(pending), take(pending)]).toEqual([[4], []])
  })

  it('are taken once the next is asked for: the one that a loop ends at waits on', async () => {
    const { pending } = given(0, 1, 2)
    await pending.wait()
    expect([take(pending, { end: 0 }), pending.isWaiting]).toEqual([[], true])
    expect(take(pending, { end: 1 })).toEqual([0])
    expect([take(pending), pending.isWaiting]).toEqual([[1, 2], false])
  })

  it('say how far the input is done: to the first that is not committed, else to the first that waits', async () => {
    const { pending } = given(0, 1, 2, 3)
    await pending.wait()
    expect(pending.progress).toEqual({ position: 0, oldest: 0 })
    take(pending, { end: 1 })
    pending.commit()
    expect(pending.progress).toEqual({ position: 1, oldest: 100 })
    take(pending, { end: 3 })
    expect(pending.progress).toEqual({ position: 1, oldest: 100 })
    pending.commit()
    expect(pending.progress).toEqual({ position: 3, oldest: 300 })
    take(pending)
    pending.commit()
    expect(pending.progress).toEqual({ position: 4, oldest: undefined })
  })

  it('are taken no more when they are closed', () => {
    const { pending } = given(0)
    pending.close()
    expect(take(pending)).toEqual([])
  })

  it('say that the partition waits for a schema, and once that it does no more', async () => {
    const { pending, told, stopping } = given()
    await pending.waitForSchema(undefined)
    expect(told).toEqual([])
    stopping.abort()
    await pending.waitForSchema(new UnknownSchema(7, 0))
    await pending.waitForSchema(undefined)
    await pending.waitForSchema(undefined)
    expect(told).toEqual([true, false])
  })

  it('are no longer waited for when the partition is lost', async () => {
    const { pending, lost } = given()
    lost.abort(new Error('given to another'))
    await expect(pending.wait()).rejects.toThrow('given to another')
    await expect(pending.waitForSchema(new UnknownSchema(7, 0))).rejects.toThrow('given to another')
  })
})
