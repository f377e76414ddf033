import { describe, expect, it } from '@jest/globals'
import type { Consumer } from 'kafkajs'
import { Owned } from './owned.ts'
import type { OwnedPartition, OwnershipOptions } from './ownership.ts'

describe('a partition that was given to another member', () => {
  it('is not sought, paused or resumed any more by a loop that is still at work, since another may read it here', async () => {
    const asked: string[] = []
    const note = (what: string) => () => void asked.push(what)
    const consumer: Pick<Consumer, 'seek' | 'pause' | 'resume'> = {
      seek: note('seek'),
      resume: note('resume'),
      pause: note('pause'),
    }
    let finish: () => void = () => undefined
    const own = (partition: OwnedPartition) => {
      partition.inbox('t').readFrom(5)
      return new Promise<void>((resolve) => {
        finish = () => {
          partition.inbox('t').stopReading()
          partition.inbox('t').readFrom(6)
          resolve()
        }
      })
    }
    const ignore = () => undefined
    const supervision = { onStarting: ignore }
    const options = { topics: [{ name: 't', kind: 'events', compacted: false }], inboxBytes: 1, own, supervision }
    const owned = new Owned(0, consumer as Consumer, options as unknown as OwnershipOptions)
    await Promise.resolve()
    expect(asked).toEqual(['pause', 'seek', 'resume'])

    const lost = owned.lose()
    finish()
    await lost
    expect(asked).toEqual(['pause', 'seek', 'resume'])
  })
})
