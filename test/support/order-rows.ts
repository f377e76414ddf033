import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createCodec, createOrderCodec, orderLayout, readCatalog } from '@cairn/runtime'
import { damageStates, mustHaveDiscarded } from './damage.ts'
import { brokers } from './kafka.ts'
import { metric } from './metrics.ts'
import { hasStaleVerdicts, orderDifferences, saidVerdicts, type OrderDifference } from './order-replay.ts'
import { orderEvents, placed, refunded } from './order-traffic.ts'
import { differencesFromReplay } from './replay.ts'
import { freePort } from './port.ts'
import { seed } from './seed.ts'
import { stateFolder } from './state-folder.ts'
import { startTraffic, type Traffic } from './traffic.ts'
import { until } from './until.ts'
import { endsByItsFault, linesWith, startProcess, untilStopped, type ServiceProcess } from './workers.ts'

/**
 * Fault rows of orders that run from any root, the repository or a mutant of it. Each gives what differs when it is over:
 * of the verdicts and states of orders from one undisturbed fold of order-events, and of the outputs from one of events.
 */
export type OrderRow = (root: string) => Promise<OrderDifference[]>

const portion = 400

/** An owner killed at a fault point while events come; another goes on from what it left. */
export function killed(fault: string): OrderRow {
  return async (root) => {
    const { traffic, worker } = await begin('order-kill', root)
    await traffic.send(portion)
    const victim = worker({ CAIRN_FAULT: fault })
    await traffic.send(portion)
    await endsByItsFault(victim)
    await traffic.send(portion)
    const next = worker()
    await traffic.drain()
    return judged(traffic, next)
  }
}

/**
 * Orders are placed and said; then an owner that has read them from its state is killed while it corrects each of them
 * twice. What it has said of its last batch is said again: first what was stale already.
 */
export function killedCorrecting(fault: string): OrderRow {
  return async (root) => {
    const { namespace, traffic, worker } = await begin('order-refund', root)
    await traffic.sendThese(placed(portion))
    const before = worker()
    await traffic.drain()
    await before.stop()
    await traffic.sendThese(refunded(portion))
    await endsByItsFault(worker({ CAIRN_FAULT: fault }))
    const next = worker()
    await traffic.drain()
    if (!(await hasStaleVerdicts(namespace))) throw new Error('no verdict came again after a later one of its order')
    return judged(traffic, next)
  }
}

/** An owner without a disk is killed while it reads all of its orders; another one begins anew. */
export function killedRestoring(fault: string): OrderRow {
  return async (root) => {
    const { traffic, worker, disk } = await begin('order-restore', root)
    await traffic.send(portion)
    const first = worker()
    await traffic.drain()
    await first.stop()
    rmSync(disk, { recursive: true })
    await traffic.send(portion)
    await endsByItsFault(worker({ CAIRN_FAULT: fault }))
    await traffic.send(portion)
    const next = worker()
    await traffic.drain()
    return judged(traffic, next)
  }
}

/** A second process takes some of the partitions over while events come, then the first one leaves it the others. */
export function handedOver(): OrderRow {
  return async (root) => {
    const { traffic, worker } = await begin('order-hand', root)
    const first = worker()
    await traffic.send(portion)
    await traffic.drain()
    const port = await freePort()
    const second = worker({ METRICS_PORT: String(port) })
    while (!((await metric(port, 'cairn_orders_restore_seconds{')) > 0)) await traffic.send(20)
    await traffic.drain()
    await Promise.all([first.stop(), traffic.send(portion)])
    await traffic.drain()
    return judged(traffic, second)
  }
}

/** Another machine takes over and goes on, then the first comes back to the disk it left. */
export function takenBack(): OrderRow {
  return async (root) => {
    const { traffic, worker, disk } = await begin('order-back', root)
    const first = worker()
    await traffic.send(portion)
    await traffic.drain()
    await first.stop()
    const other = worker({ STATE_DIR: `${disk}-other` })
    await traffic.send(portion)
    await traffic.drain()
    other.kill('SIGKILL')
    await other.exited
    await traffic.send(portion)
    const next = worker()
    await traffic.drain()
    return judged(traffic, next)
  }
}

/** The disk is gone, or is as it was earlier, when an owner that was killed comes back. */
export function diskLost(how: 'wiped' | 'outdated'): OrderRow {
  return async (root) => {
    const { traffic, worker, disk } = await begin(`order-${how}`, root)
    await traffic.send(portion)
    const first = worker()
    await traffic.drain()
    await first.stop()
    cpSync(disk, `${disk}-earlier`, { recursive: true })
    const victim = worker()
    await traffic.send(portion)
    await traffic.drain()
    victim.kill('SIGKILL')
    await victim.exited
    rmSync(disk, { recursive: true })
    if (how === 'outdated') cpSync(`${disk}-earlier`, disk, { recursive: true })
    await traffic.send(portion)
    const next = worker()
    await traffic.drain()
    return judged(traffic, next)
  }
}

/** Bytes of the orders on disk were overwritten, which only one who asks for an order can see. */
export function diskDamaged(): OrderRow {
  return async (root) => {
    const { namespace, traffic, worker, disk } = await begin('order-damaged', root)
    await traffic.send(portion)
    const first = worker()
    await traffic.drain()
    await first.stop()
    const layout = orderLayout(createOrderCodec(createCodec(readCatalog())))
    for (let partition = 0; partition < traffic.partitions; partition++)
      await damageStates(join(disk, `${namespace}.orders-${partition}`), layout, 0)
    await traffic.send(portion)
    const port = await freePort()
    const next = worker({ METRICS_PORT: String(port) })
    await traffic.drain()
    const discarded = (labels: string) => metric(port, `cairn_orders_state_discarded_total${labels}`)
    await mustHaveDiscarded(discarded, traffic.partitions)
    return judged(traffic, next)
  }
}

/**
 * An owner halted before it says that orders are placed wakes up once its successor has said that, and has corrected each
 * of them: where the zombie could still write, its state would be an older one. With the first it writes it ends, since it
 * would come to what its successor has written, too.
 */
export function zombieWakes(): OrderRow {
  return async (root) => {
    const { namespace, traffic, worker } = await begin('order-zombie', root, 1)
    await traffic.sendThese(placed(portion))
    const zombie = worker({ CAIRN_FAULT: 'orders.before-append=stop@6,orders.after-commit=kill@6' })
    await untilStopped(zombie)
    const successor = worker()
    await traffic.sendThese(refunded(portion))
    await traffic.drain()
    const said = await saidVerdicts(namespace)
    // Awake, the zombie joins the group again, and a successor that takes its partitions back would mend what it has done.
    successor.kill('SIGSTOP')
    zombie.kill('SIGCONT')
    // It says its batch again; what it does after that it must not.
    await until(async () => (await saidVerdicts(namespace)) > said, 60_000)
    await until(() => zombie.hasExited() || fencedOrders(zombie) >= traffic.partitions, 60_000)
    zombie.kill('SIGKILL')
    await zombie.exited
    const left = await orderDifferences(namespace)
    if (left.length > 0) {
      await traffic.close()
      return left
    }
    successor.kill('SIGCONT')
    await traffic.sendThese(placed(portion, portion))
    await traffic.drain()
    return judged(traffic, successor)
  }
}

/** Partitions whose orders the worker had to let go of. One whose transaction was under way is among them even without a fence. */
function fencedOrders(worker: ServiceProcess): number {
  return linesWith(worker, '"reason":"fenced"', '/orders/loop.').length
}

interface Begun {
  readonly namespace: string
  readonly traffic: Traffic
  /** Where the workers keep their states. */
  readonly disk: string
  readonly worker: (settings?: Readonly<Record<string, string>>) => ServiceProcess
}

async function begin(what: string, root: string, partitions = 4): Promise<Begun> {
  const traffic = await startTraffic(what, seed, partitions, orderEvents)
  const { namespace } = traffic
  const disk = join(stateFolder, namespace)
  const always = {
    KAFKA_BROKERS: brokers().join(','),
    CAIRN_NAMESPACE: namespace,
    CAIRN_PARTITIONS: String(partitions),
    SESSION_TIMEOUT_MS: '2000',
    BATCH_RECORDS: '30',
    CHECKPOINT_MS: '400',
    STATE_DIR: disk,
  }
  const worker: Begun['worker'] = (settings = {}) => startProcess('attribution', { ...always, ...settings }, root)
  return { namespace, traffic, disk, worker }
}

async function judged(traffic: Traffic, worker: ServiceProcess): Promise<OrderDifference[]> {
  const ofOrders = await orderDifferences(traffic.namespace)
  const ofVisitors = await differencesFromReplay(traffic.namespace)
  await traffic.close()
  await worker.stop()
  const inOutputs = ofVisitors.map(({ topic, partition, at, what }): OrderDifference => {
    return { where: 'output', order: `${topic}-${partition}`, at, what }
  })
  return [...ofOrders, ...inOutputs]
}
