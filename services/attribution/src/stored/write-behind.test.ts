import { describe, expect, it } from '@jest/globals'
import type { States } from '@cairn/runtime'
import { WriteBehind, type Committed } from './write-behind.ts'

/** Takes any number of writes, and ends them when it is told to. */
class FakeDisk {
  readonly writes: { readonly states: States; readonly control: unknown; readonly next: number | undefined }[] = []
  readonly disk = { proven: () => this.proofs++ }
  proofs = 0
  #end: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined

  store(states: States, control: unknown, next: number | undefined): Promise<void> {
    this.writes.push({ states, control, next })
    return new Promise((resolve, reject) => (this.#end = { resolve, reject }))
  }

  end(failure?: Error): void {
    if (failure === undefined) this.#end?.resolve()
    else this.#end?.reject(failure)
  }
}

function committed(next: number): Committed {
  return { control: [], next, at: 0 }
}

/** Gathers nothing, and says of itself what it is given: too little to be written unless `given` says otherwise. */
function behind(given: { isMuch?: () => boolean; everyMs?: number } = {}) {
  const disk = new FakeDisk()
  const events: string[] = []
  const writeBehind = new WriteBehind(disk, {
    take: () => {
      events.push('taken')
      return []
    },
    isMuch: () => false,
    everyMs: Infinity,
    onStored: () => events.push('stored'),
    ...given,
  })
  return { disk, events, writeBehind }
}

/** Whether a promise is settled once all that can go on has gone on. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const turn = new Promise((resolve) => setImmediate(resolve)).then(() => 'pending')
  return (await Promise.race([promise.then(() => 'settled'), turn])) === 'settled'
}

describe('what is committed', () => {
  it('is written when it is much, and not before: once, up to the last commit', async () => {
    let isMuch = false
    const { disk, writeBehind } = behind({ isMuch: () => isMuch })
    writeBehind.noteCommitted(committed(1))
    writeBehind.noteCommitted(committed(2))
    await writeBehind.goOn()
    expect([disk.proofs, disk.writes]).toEqual([2, []])
    isMuch = true
    await writeBehind.goOn()
    expect(disk.writes).toEqual([{ states: [], control: [], next: 2 }])
    disk.end()
    await writeBehind.idle()
    await writeBehind.goOn()
    expect(disk.writes).toHaveLength(1)
  })

  it('is written when the last write is as long ago as may be, however little it is', async () => {
    const { disk, writeBehind } = behind({ everyMs: 0 })
    await writeBehind.goOn()
    expect(disk.writes).toEqual([])
    writeBehind.noteCommitted(committed(1))
    await writeBehind.goOn()
    expect(disk.writes).toHaveLength(1)
  })

  it('is taken only after the write before has ended, and that was said', async () => {
    const { disk, events, writeBehind } = behind({ everyMs: 0 })
    writeBehind.noteCommitted(committed(1))
    await writeBehind.goOn()
    writeBehind.noteCommitted(committed(2))
    const second = writeBehind.goOn()
    expect([await isSettled(second), await isSettled(writeBehind.idle())]).toEqual([false, false])
    expect(events).toEqual(['taken'])
    disk.end()
    await second
    expect(events).toEqual(['taken', 'stored', 'taken'])
  })

  it('is written at the end however little it is, which waits for that', async () => {
    const { disk, events, writeBehind } = behind()
    writeBehind.noteCommitted(committed(1))
    const finished = writeBehind.finish()
    expect(await isSettled(finished)).toBe(false)
    disk.end()
    await finished
    expect(events).toEqual(['taken', 'stored'])
  })
})

describe('a write that fails', () => {
  it('ends what goes on, and does not count as stored', async () => {
    const { disk, events, writeBehind } = behind({ everyMs: 0 })
    writeBehind.noteCommitted(committed(1))
    await writeBehind.goOn()
    disk.end(new Error('no room'))
    await writeBehind.ended()
    await expect(writeBehind.idle()).rejects.toThrow('no room')
    await expect(writeBehind.goOn()).rejects.toThrow('no room')
    await expect(writeBehind.finish()).rejects.toThrow('no room')
    expect(events).toEqual(['taken'])
  })
})
