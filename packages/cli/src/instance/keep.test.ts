import { describe, expect, it } from '@jest/globals'
import { keepService, mostRestarts, type KeptService } from './keep.ts'
import type { ServiceProcess } from './service.ts'

/** A service whose processes end when they are told to. */
class Fake {
  readonly said: string[] = []
  readonly starts: ((outcome: 'ready' | Error) => void)[] = []
  givenUp = ''
  stops = 0
  #end: (report: string) => void = () => undefined

  async keep(settledMs = 60_000): Promise<KeptService> {
    const kept = keepService({
      name: 'sink',
      start: () => this.#start(),
      interrupted: new AbortController().signal,
      say: (line) => this.said.push(line),
      onGivenUp: (why) => (this.givenUp = why),
      backoff: { firstMs: 1, maxMs: 1 },
      settledMs,
    })
    await this.started('ready', 1)
    return kept
  }

  async started(outcome: 'ready' | Error, nth: number): Promise<void> {
    while (this.starts.length < nth) await new Promise((resolve) => setTimeout(resolve, 1))
    this.starts[nth - 1]?.(outcome)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }

  crash(): void {
    this.#end('sink ended with SIGKILL')
  }

  async #start(): Promise<ServiceProcess> {
    const outcome = await new Promise<'ready' | Error>((resolve) => this.starts.push(resolve))
    if (outcome !== 'ready') throw outcome
    const ended = new Promise<string>((resolve) => (this.#end = resolve))
    return {
      ended,
      stop: () => {
        this.stops++
        this.#end('stopped')
        return Promise.resolve()
      },
    }
  }
}

describe('a service that is kept', () => {
  it('is started again when it ends unasked, and that is said', async () => {
    const fake = new Fake()
    const kept = await fake.keep()
    fake.crash()
    await fake.started('ready', 2)
    expect(fake.said).toEqual([
      'sink ended with SIGKILL\nstarting sink again in 0.001 s (1 of 5 times in a row)',
      'sink runs again',
    ])
    await kept.stop()
    expect([fake.starts.length, fake.stops]).toEqual([2, 1])
  })

  it('is given up when it ends too often in a row, ready in between or not', async () => {
    const fake = new Fake()
    await fake.keep()
    fake.crash()
    for (let nth = 2; nth <= mostRestarts; nth++) await fake.started(new Error(`was not ready (${nth})`), nth)
    await fake.started('ready', mostRestarts + 1)
    expect(fake.givenUp).toBe('')
    fake.crash()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(fake.givenUp).toBe('sink ended with SIGKILL\nsink ended 6 times in a row and is not started again')
    expect(fake.starts).toHaveLength(mostRestarts + 1)
  })

  it('is not given up when it ran for a while between', async () => {
    const fake = new Fake()
    const kept = await fake.keep(0)
    for (let nth = 2; nth <= 2 * mostRestarts; nth++) {
      fake.crash()
      await fake.started('ready', nth)
    }
    expect(fake.givenUp).toBe('')
    await kept.stop()
  })

  it('leaves no process when it is stopped while it is being started again', async () => {
    const fake = new Fake()
    const kept = await fake.keep()
    fake.crash()
    while (fake.starts.length < 2) await new Promise((resolve) => setTimeout(resolve, 1))
    const stopped = kept.stop()
    await fake.started('ready', 2)
    await stopped
    // The first had ended by itself; asking it again does no harm.
    expect(fake.stops).toBe(2)
  })
})
