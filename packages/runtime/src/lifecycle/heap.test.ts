import { spawnSync } from 'node:child_process'
import { describe, expect, it } from '@jest/globals'
import { boundGarbage, countBuffersAsHeap } from './heap.ts'

describe('counting buffers as heap', () => {
  it.each([
    ['13.6.233.10-node.28', 1],
    ['11.3.244.8-node.33', 0],
    ['14.1.146.11-node.14', 0],
  ])('asks engine %s, and none that does not know the flag and would complain', (v8, times) => {
    const flags: string[] = []
    countBuffersAsHeap(v8, (flag) => flags.push(flag))
    expect(flags).toHaveLength(times)
  })
})

describe('bounding garbage', () => {
  it('by a flag that every engine knows', () => {
    const script = "require('node:v8').setFlagsFromString(process.argv[1])"
    boundGarbage((flag) => {
      const { status, stderr } = spawnSync(process.execPath, ['-e', script, '--', flag], { encoding: 'utf8' })
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    })
    expect.assertions(1)
  })
})
