import { describe, expect, it } from '@jest/globals'
import { RequestRoom } from './request-room.ts'

describe('the room of requests', () => {
  it('is used again once a request was answered', () => {
    const room = new RequestRoom()
    const first = room.take(100)
    room.free()
    expect(room.take(90)).toBe(first)
    room.free()
    expect(room.take(5000).length).toBeGreaterThanOrEqual(5000)
  })

  it('is not written into while an earlier request may still be read, nor ever after', () => {
    const room = new RequestRoom()
    const first = room.take(100)
    const repeated = room.take(100)
    expect(repeated.buffer).not.toBe(first.buffer)
    room.free()
    expect(room.take(100).buffer).not.toBe(first.buffer)
  })
})
