import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { Inbox } from './inbox.ts'
import { firstFrom } from './takeover.ts'

const nobody = { seek: () => undefined, pause: () => undefined, resume: () => undefined }

function answer(offset: number) {
  const record = { offset, timestamp: 0, key: 'k', value: null }
  return { first: offset, records: [record][Symbol.iterator](), bytes: 1, next: offset + 1, highWatermark: offset + 1 }
}

describe('looking at a record of the state topic', () => {
  it('waits for as long as the broker takes: a disk is not thrown away because that was slow', async () => {
    const inbox = new Inbox(nobody, 1000)
    const pollMs = 1
    const found = firstFrom(inbox, 7, new AbortController().signal, pollMs)
    await delay(20 * pollMs)
    inbox.put(answer(8))
    expect(await found).toMatchObject({ offset: 8 })
  })

  it('ends when the partition is lost', async () => {
    const lost = new AbortController()
    const found = firstFrom(new Inbox(nobody, 1000), 7, lost.signal, 1)
    lost.abort(new Error('lost'))
    await expect(found).rejects.toThrow('lost')
  })
})
