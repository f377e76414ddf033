import { describe, expect, it } from '@jest/globals'
import { faultsFrom } from './faults.ts'

/** What happens at each of these points, one after the other. */
async function happening(text: string, ...points: Parameters<ReturnType<typeof faultsFrom>['reach']>[0][]) {
  const seen: string[] = []
  const faults = faultsFrom(text, { pid: 7, kill: (pid, signal) => void seen.push(`${signal} ${pid}`) })
  for (const point of points) {
    seen.push(point)
    await faults.reach(point).catch((error: unknown) => seen.push(String(error)))
  }
  return seen
}

describe('faults', () => {
  it('come at their point, the first time or the one they name, and once', async () => {
    const points = ['sink.in-insert', 'sink.after-insert', 'sink.after-insert', 'sink.after-insert'] as const
    expect(await happening('sink.after-insert=kill@2,sink.in-insert=stop', ...points)).toEqual([
      'sink.in-insert',
      'SIGSTOP 7',
      'sink.after-insert',
      'sink.after-insert',
      'SIGKILL 7',
      'sink.after-insert',
    ])
  })

  it('at one point each count every time, also where another one fails it', async () => {
    const found = await happening('after-fence=fail,after-fence=kill@2', 'after-fence', 'after-fence')
    expect(found).toEqual(['after-fence', 'Error: the fault asked for at after-fence', 'after-fence', 'SIGKILL 7'])
  })

  it('are not taken where they are written otherwise', () => {
    expect(() => faultsFrom('after-fence=pause', process)).toThrow('no fault is written after-fence=pause')
  })
})
