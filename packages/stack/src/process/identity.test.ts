import { describe, expect, it } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { identify, isAlive } from './identity.ts'

describe('identity of a process', () => {
  it('stays the same while it runs and ends with it', async () => {
    const child = spawn('sleep', ['60'])
    await once(child, 'spawn')
    const identity = identify(child.pid!)!
    expect(identify(child.pid!)).toEqual(identity)
    expect(isAlive(identity)).toBe(true)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(isAlive(identity)).toBe(false)
  })

  it('differs from that of a process with the same number at another time', () => {
    expect(isAlive({ pid: process.pid, startedAt: 'another time' })).toBe(false)
  })
})
