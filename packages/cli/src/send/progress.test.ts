import { describe, expect, it } from '@jest/globals'
import { progressOn } from './progress.ts'

async function* twoChunks(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(new Uint8Array(60))
  yield new Uint8Array(40)
}

async function shown(isTerminal: boolean, size?: number): Promise<string> {
  let text = ''
  const progress = progressOn({ isTerminal, err: (part) => (text += part) }, size)
  let messages = 0
  for await (const chunk of progress.watch(twoChunks())) progress.answered((messages += chunk.length * 10))
  progress.answered(3000)
  progress.end()
  return text
}

describe('progress of sending', () => {
  it('is a bar that ends full where the size is known', async () => {
    const lines = (await shown(true, 100)).split('\r')
    expect(lines[2]).toBe(`[${'█'.repeat(18)}${'·'.repeat(12)}]  60 %  1,000 messages answered`)
    expect(lines[3]).toBe(`[${'█'.repeat(30)}] 100 %  3,000 messages answered\n`)
  })

  it('is a count where it is not', async () => {
    expect((await shown(true)).split('\r').at(-1)).toBe('3,000 messages answered\n')
  })

  it('is silent where nobody looks', async () => {
    expect(await shown(false, 100)).toBe('')
  })
})
