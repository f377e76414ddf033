import { spawnSync } from 'node:child_process'
import { describe, expect, it } from '@jest/globals'
import { countBuffersAsHeap, GarbageBound } from './heap.ts'

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
  const mebibyte = 1024 * 1024
  const percentOf = (flag: string) => Number(/^--heap-growing-percent=(\d+)$/.exec(flag)?.[1])

  it('by a flag that every engine knows', () => {
    const script = "require('node:v8').setFlagsFromString(process.argv[1])"
    new GarbageBound(mebibyte, (flag) => {
      const { status, stderr } = spawnSync(process.execPath, ['-e', script, '--', flag], { encoding: 'utf8' })
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    })
    expect.assertions(1)
  })

  it.each([
    [256, [], 300],
    [256, [32], 200],
    [256, [100, 28], 100],
    [256, [320], 50],
    [256, [2000], 50],
    [1024, [100], 300],
    [1024, [100, 92], 200],
    [1024, [448], 100],
    [1024, [2000], 50],
  ])(
    'lets parts that may hold %j MiB and hold %j have half of the first in it, at least 192, or half of the second',
    (mayHold, held, percent) => {
      const flags: string[] = []
      const bound = new GarbageBound(mayHold * mebibyte, (flag) => flags.push(flag))
      for (const [part, bytes] of held.entries()) bound.note(part, bytes * mebibyte)
      expect(percentOf(flags.at(-1)!)).toBe(percent)
    },
  )

  it('forgets what a part held that is gone, and tells the engine nothing twice', () => {
    const flags: string[] = []
    const bound = new GarbageBound(mebibyte, (flag) => flags.push(flag))
    bound.note(0, 128 * mebibyte)
    bound.note(1, 192 * mebibyte)
    bound.note(0, 0)
    bound.note(1, 0)
    expect(flags.map(percentOf)).toEqual([300, 100, 50, 80, 300])
  })
})
