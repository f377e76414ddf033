import { setTimeout as delay } from 'node:timers/promises'
import type { Rig, ServiceName } from './rig.ts'
import { until } from './until.ts'
import type { ServiceProcess } from './workers.ts'

const services = ['attribution', 'sink'] as const satisfies readonly ServiceName[]
const longestPauseMs = 1000
/** As many as are worked off in the time on a busy machine: what is judged is the changes, not the speed. */
const messagesEach = 120

/**
 * While messages are sent, workers of attribution and sink join, leave in order and are killed, one after the other as
 * `random` says, up to one more than there are partitions. At the end one or more of each service run and whoever was
 * told to leave has left.
 */
export async function storm(rig: Rig, random: () => number, changes: number): Promise<void> {
  const workers: Record<(typeof services)[number], ServiceProcess[]> = { attribution: [], sink: [] }
  const left: ServiceProcess[] = []
  for (let change = 0; change < changes; change++) {
    const service = services[Math.floor(random() * services.length)] as (typeof services)[number]
    const group = workers[service]
    const sending = rig.send(messagesEach)
    await delay(random() * longestPauseMs)
    if (group.length === 0 || (group.length <= rig.instance.partitions && random() < 0.6))
      group.push(await joined(rig, service))
    else {
      const [one] = group.splice(Math.floor(random() * group.length), 1) as [ServiceProcess]
      one.kill(random() < 0.5 ? 'SIGTERM' : 'SIGKILL')
      left.push(one)
    }
    await sending
  }
  for (const service of services) if (workers[service].length === 0) rig.start(service)
  await Promise.all(left.map((one) => one.exited))
}

/**
 * A worker that takes part: on a busy machine one may take longer to start than the storm lasts. Its checkpoints are as
 * rare as in production, so that who is killed leaves something to fold again.
 */
async function joined(rig: Rig, service: (typeof services)[number]): Promise<ServiceProcess> {
  const worker = rig.start(service, { LOG_LEVEL: 'info', CHECKPOINT_MS: '5000' })
  await until(() => worker.log().includes(`"${service} runs"`), 60_000)
  return worker
}
