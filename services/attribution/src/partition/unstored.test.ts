import { describe, expect, it } from '@jest/globals'
import { Unstored } from './unstored.ts'

describe('what the disk does not have yet', () => {
  it('is the last state of each visitor of several checkpoints, and all the bytes of these', () => {
    const unstored = new Unstored()
    unstored.add([
      ['a', Buffer.from('first')],
      ['b', Buffer.from('gone')],
    ])
    unstored.add([
      ['a', Buffer.from('last')],
      ['b', null],
    ])
    expect(unstored.bytes).toBe(4 + 'first'.length + 'gone'.length + 'last'.length)
    expect([...unstored.take()]).toEqual([
      ['a', Buffer.from('last')],
      ['b', null],
    ])
    expect([unstored.bytes, [...unstored.take()]]).toEqual([0, []])
  })
})
