import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createVisitorCodec, readCatalog, visitorLayout } from '@cairn/runtime'
import { begin, judged, type Around, type AttributionRow } from './attribution-rows.ts'
import { damageStates, mustHaveDiscarded } from './damage.ts'
import { metric, metricOfAll } from './metrics.ts'
import { freePort } from './port.ts'
import { until } from './until.ts'

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

/** Bytes of the visitors on disk were overwritten, which only one who asks for a visitor can see. */
export function diskDamaged(around: Around): AttributionRow {
  return async (root) => {
    const { namespace, traffic, worker, more, disk } = await begin('damaged', root, around)
    const first = worker()
    await traffic.drain()
    await first.stop()
    const layout = visitorLayout(createVisitorCodec(readCatalog()))
    for (let partition = 0; partition < traffic.partitions; partition++)
      await damageStates(join(disk, `${namespace}.attribution-${partition}`), layout, 2)
    await more()
    const port = await freePort()
    const next = worker({ METRICS_PORT: String(port) })
    await traffic.drain()
    const discarded = (labels: string) => metric(port, `cairn_attribution_state_discarded_total${labels}`)
    await mustHaveDiscarded(discarded, traffic.partitions)
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

/** Whether this process may make a disk as small as it likes. */
export const canMount = process.platform === 'linux' && process.getuid?.() === 0

/** Room for the files of four partitions, and for little in them. */
const [smallDisk, ballast] = [4 * 1024 * 1024, 4 * 1024 * 1024 - 500_000]

/** The disk is full: partitions stop and say so, and go on when a worker is started with room. */
export function diskFills(around: Around): AttributionRow {
  return async (root) => {
    const { traffic, worker, more, disk } = await begin('full', root, around)
    mkdirSync(disk, { recursive: true })
    spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${smallDisk}`, 'tmpfs', disk])
    try {
      writeFileSync(join(disk, 'ballast'), Buffer.alloc(ballast))
      const port = await freePort()
      const full = worker({ METRICS_PORT: String(port) })
      // Whichever wants more room first, of whatever partition: it depends on how many are written together.
      const stopped = async () =>
        (await metricOfAll(port, 'cairn_attribution_partition_stopped{')) > 0 ||
        (await metricOfAll(port, 'cairn_orders_partition_stopped{')) > 0
      let asked = 0
      await until(async () => {
        if (full.hasExited()) throw new Error(`the worker has ended:\n${full.log()}`)
        if (asked++ % 50 === 0) await more()
        return stopped()
      }, 60_000)
      // The metric can be read before the line that was written with it.
      await until(() => full.log().includes('disk_full'))
      await full.stop()
      rmSync(join(disk, 'ballast'))
      await more()
      const next = worker()
      await traffic.drain()
      return await judged(traffic, next)
    } finally {
      spawnSync('umount', ['-l', disk])
    }
  }
}
