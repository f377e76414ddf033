import { cpSync, rmSync } from 'node:fs'
import { begin, judged, type Around, type AttributionRow } from './attribution-rows.ts'

/** Fault rows of what attribution keeps on disk; see attribution-rows.ts. */

/** The disk is gone, or is as it was earlier, when a worker that was killed comes back. */
export function diskLost(how: 'wiped' | 'outdated', around: Around): AttributionRow {
  return async (root) => {
    const { traffic, worker, more, disk } = await begin(how, root, around)
    const first = worker()
    await traffic.drain()
    await first.stop()
    if (how === 'outdated') cpSync(disk, `${disk}-earlier`, { recursive: true })
    const victim = worker()
    await more()
    await traffic.drain()
    victim.kill('SIGKILL')
    await victim.exited
    rmSync(disk, { recursive: true })
    if (how === 'outdated') cpSync(`${disk}-earlier`, disk, { recursive: true })
    await more()
    const next = worker()
    await traffic.drain()
    return judged(traffic, next)
  }
}

/** Another machine takes over and goes on, then the first comes back to the disk it left. */
export function takenBack(around: Around): AttributionRow {
  return async (root) => {
    const { traffic, worker, more, disk } = await begin('back', root, around)
    const first = worker()
    await traffic.drain()
    await first.stop()
    const other = worker({ STATE_DIR: `${disk}-other` })
    await more()
    await traffic.drain()
    other.kill('SIGKILL')
    await other.exited
    await more()
    const next = worker()
    await traffic.drain()
    return judged(traffic, next)
  }
}
