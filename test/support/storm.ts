import { setTimeout as delay } from 'node:timers/promises'
import type { Rig, ServiceName } from './rig.ts'
import type { ServiceProcess } from './workers.ts'

const services = ['attribution', 'sink'] as const satisfies readonly ServiceName[]
const longestPauseMs = 1500

/**
 * Workers of attribution and sink join, leave in order and are killed, one after the other as `random` says, up to one
 * more than there are partitions. At the end one or more of each service run and whoever was told to leave has left.
 */
export async function storm(rig: Rig, random: () => number, changes: number): Promise<void> {
  const workers: Record<(typeof services)[number], ServiceProcess[]> = { attribution: [], sink: [] }
  const left: ServiceProcess[] = []
  for (let change = 0; change < changes; change++) {
    const service = services[Math.floor(random() * services.length)] as (typeof services)[number]
    const group = workers[service]
    if (group.length === 0 || (group.length <= rig.instance.partitions && random() < 0.6))
      group.push(rig.start(service))
    else {
      const [one] = group.splice(Math.floor(random() * group.length), 1) as [ServiceProcess]
      one.kill(random() < 0.5 ? 'SIGTERM' : 'SIGKILL')
      left.push(one)
    }
    await delay(random() * longestPauseMs)
  }
  for (const service of services) if (workers[service].length === 0) rig.start(service)
  await Promise.all(left.map((one) => one.exited))
}
