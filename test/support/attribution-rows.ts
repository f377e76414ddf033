import { join } from 'node:path'
import { brokers } from './kafka.ts'
import { metric } from './metrics.ts'
import { freePort } from './port.ts'
import { differencesFromReplay, type Difference } from './replay.ts'
import { seed } from './seed.ts'
import { stateFolder } from './state-folder.ts'
import { startTraffic, type Traffic } from './traffic.ts'
import { until } from './until.ts'
import { endsByItsFault, linesWith, startProcess, untilStopped, type ServiceProcess } from './workers.ts'

/**
 * Fault rows of attribution that run from any root, the repository or a mutant of it. Each gives what differs from one
 * undisturbed fold when it is over.
 */
export type AttributionRow = (root: string) => Promise<Difference[]>

/** What goes on around a fault. */
export interface Around {
  /** Events come while the fault strikes and after it; otherwise whatever differs is the doing of those that came before. */
  readonly busy: boolean
  readonly checkpointMs: number
  /** Memory for visitors; 0, which leaves each of them to the disk as soon as it may, where nothing is said. */
  readonly cacheBytes?: number
}

/** No checkpoint before the fault: what follows the position is all there is to go on from. */
export const quiet: Around = { busy: false, checkpointMs: 60_000 }

/** As in service: events keep coming, and checkpoints are written between them. */
export const busy: Around = { busy: true, checkpointMs: 400 }

/** Checkpoints wait in memory for the disk, to be written there as one. */
export const roomy: Around = { ...busy, cacheBytes: 256 * 1024 * 1024 }

const portion = 500

/** An owner killed at a fault point; another goes on from what it left. */
export function killed(fault: string, around: Around): AttributionRow {
  return async (root) => {
    const { traffic, worker, more } = await begin('kill', root, around)
    if (fault.startsWith('mid-restore')) {
      // It needs more state than one read gives.
      const before = worker()
      await traffic.drain()
      await before.stop()
    }
    await strikes(worker({ CAIRN_FAULT: fault }), around, more)
    await more()
    const next = worker()
    await traffic.drain()
    return judged(traffic, next)
  }
}

/** Events come, where they keep coming, until the fault has struck: the n-th time of what needs them comes only with them. */
async function strikes(victim: ServiceProcess, { busy }: Around, more: Begun['more']): Promise<void> {
  await more()
  await endsByItsFault(victim, busy ? more : undefined)
}

/** Owners killed one after the other, each soon after its first checkpoints: the disk is none the worse for it. */
export function killedOften(fault: string, around: Around): AttributionRow {
  return async (root) => {
    const { traffic, worker, more } = await begin('often', root, around)
    for (let kills = 0; kills < 3; kills++) await strikes(worker({ CAIRN_FAULT: fault }), around, more)
    const next = worker({ LOG_LEVEL: 'info' })
    // Told before it has caught up with what came meanwhile.
    await until(() => restoredBy(next).length >= traffic.partitions, 60_000)
    mustBeWarm(next)
    await traffic.drain()
    return judged(traffic, next)
  }
}

/** What a worker that logs says of the partitions of visitors it has restored. */
function restoredBy(worker: ServiceProcess): string[] {
  return linesWith(worker, '"partition restored"')
}

/** Throws where a partition of visitors was not restored from its disk. */
function mustBeWarm(worker: ServiceProcess): void {
  const restored = restoredBy(worker)
  if (restored.length > 0 && restored.every((line) => line.includes('"isWarm":true'))) return
  throw new Error(`the disk was of no use:\n${worker.log()}`)
}

/** An owner writes several checkpoints, and stops; another goes on from the disk that has them as one. */
export function stoppedAfterSeveral(around: Around): AttributionRow {
  return async (root) => {
    const { traffic, worker, more } = await begin('several', root, around)
    const port = await freePort()
    const before = worker({ METRICS_PORT: String(port) })
    const unstored = () => metric(port, 'cairn_attribution_state_unstored_bytes')
    for (let checkpoints = 0, last = 0; checkpoints < 4; checkpoints++) {
      await more()
      await until(async () => (await unstored()) > last, 60_000)
      last = await unstored()
    }
    await before.stop()
    await more()
    const next = worker({ LOG_LEVEL: 'info' })
    await traffic.drain()
    mustBeWarm(next)
    return judged(traffic, next)
  }
}

/** A transaction is aborted between its outputs and its commit; its owner starts over. */
export function transactionAborts(nth: number, around: Around): AttributionRow {
  return async (root) => {
    const { traffic, worker, more } = await begin('abort', root, around)
    const port = await freePort()
    const failing = worker({ CAIRN_FAULT: `attribution.after-produce=fail@${nth}`, METRICS_PORT: String(port) })
    await more()
    const aborted = () => metric(port, 'cairn_attribution_transactions_total{end="aborted"')
    // The ticks come after: a fold that loses one with what it aborts would never be seen to be over.
    await until(async () => (await aborted()) > 0, 60_000)
    await traffic.drain()
    if ((await aborted()) !== 1)
      throw new Error(`${await aborted()} transactions were aborted, not 1:\n${failing.log()}`)
    if (!around.busy) return judged(traffic, failing)
    // The state it hands over must say that nothing of the aborted one is in it.
    failing.kill('SIGKILL')
    await failing.exited
    await more()
    const next = worker()
    await traffic.drain()
    return judged(traffic, next)
  }
}

/** An owner halted past its session timeout continues once its successor has done the work. */
export function zombieWakes(fault: string, around: Around): AttributionRow {
  return async (root) => {
    const { namespace, traffic, worker, more } = await begin('zombie', root, around)
    const zombie = worker({ CAIRN_FAULT: fault })
    await untilStopped(zombie)
    const successor = worker()
    await more()
    // The successor has taken over once everything sent so far is out.
    await traffic.drain()
    zombie.kill('SIGCONT')
    if (around.busy) {
      await more()
      await traffic.drain()
    } else {
      const hasFailed = () => zombie.log().includes('partition starts over')
      await until(async () => hasFailed() || (await differencesFromReplay(namespace)).length > 0, 60_000)
      // One of its partitions may have failed while another is still about to commit.
      await zombie.stop()
    }
    return judged(traffic, zombie, successor)
  }
}

export interface Begun {
  readonly namespace: string
  readonly traffic: Traffic
  /** Where the workers keep their states. */
  readonly disk: string
  /** @param from another root than that of the row */
  readonly worker: (settings?: Readonly<Record<string, string>>, from?: string) => ServiceProcess
  /** Sends events where they keep coming. */
  readonly more: () => Promise<void>
}

/** Traffic of which a first portion is sent, and workers for it. */
export async function begin(what: string, root: string, around: Around): Promise<Begun> {
  const traffic = await startTraffic(what, seed)
  await traffic.send(portion)
  const { namespace } = traffic
  const disk = join(stateFolder, namespace)
  const always = {
    KAFKA_BROKERS: brokers().join(','),
    CAIRN_NAMESPACE: namespace,
    SESSION_TIMEOUT_MS: '2000',
    BATCH_RECORDS: '50',
    STATE_CACHE_BYTES: String(around.cacheBytes ?? 0),
    STATE_DIR: disk,
    CHECKPOINT_MS: String(around.checkpointMs),
  }
  return {
    namespace,
    traffic,
    disk,
    worker: (settings = {}, from = root) => startProcess('attribution', { ...always, ...settings }, from),
    more: () => (around.busy ? traffic.send(portion) : Promise.resolve()),
  }
}

/** Nothing lost, nothing doubled, nothing torn: the topics hold what one undisturbed fold gives. */
export async function judged(traffic: Traffic, ...workers: readonly ServiceProcess[]): Promise<Difference[]> {
  const differences = await differencesFromReplay(traffic.namespace)
  await traffic.close()
  await Promise.all(workers.map((worker) => worker.stop()))
  return differences
}
