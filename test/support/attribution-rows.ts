import { brokers } from './kafka.ts'
import { seed } from './random.ts'
import { differencesFromReplay, type Difference } from './replay.ts'
import { startTraffic, type Traffic } from './traffic.ts'
import { until } from './until.ts'
import { startProcess, untilStopped, type ServiceProcess } from './workers.ts'

/**
 * Fault rows of attribution that run from any root, the repository or a mutant of it. Each gives what differs from one
 * undisturbed fold when it is over.
 */
export type AttributionRow = (root: string) => Promise<Difference[]>

function worker(traffic: Traffic, root: string, settings: Readonly<Record<string, string>> = {}): ServiceProcess {
  const always = { KAFKA_BROKERS: brokers().join(','), CAIRN_NAMESPACE: traffic.namespace, SESSION_TIMEOUT_MS: '3000' }
  // No checkpoint before the fault: what follows the position is all there is to go on from.
  return startProcess('attribution', { ...always, BATCH_RECORDS: '50', CHECKPOINT_MS: '60000', ...settings }, root)
}

/** An owner halted before a transaction, past its session timeout, continues once its successor has done the work. */
export const zombieWakes: AttributionRow = async (root) => {
  const traffic = await startTraffic('zombie', seed)
  await traffic.send(500)
  const zombie = worker(traffic, root, { CAIRN_FAULT: 'attribution.before-transaction=stop@6' })
  await untilStopped(zombie)
  worker(traffic, root)
  await traffic.drain()
  zombie.kill('SIGCONT')
  // Nothing else is sent any more, so whatever differs is the zombie's.
  const hasFailed = () => zombie.log().includes('partition starts over')
  await until(async () => hasFailed() || (await differencesFromReplay(traffic.namespace)).length > 0, 60_000)
  return judged(traffic)
}

/** A transaction is aborted between its outputs and its commit; its owner starts over. */
export const transactionAborts: AttributionRow = async (root) => {
  const traffic = await startTraffic('abort', seed)
  await traffic.send(500)
  worker(traffic, root, { CAIRN_FAULT: 'attribution.after-produce=fail@6' })
  await traffic.drain()
  return judged(traffic)
}

/** An owner is killed after a commit, before it could tell anybody how far it is. */
export const killedAfterCommit: AttributionRow = async (root) => {
  const traffic = await startTraffic('killed', seed)
  await traffic.send(500)
  await worker(traffic, root, { CAIRN_FAULT: 'attribution.after-commit=kill@6' }).exited
  worker(traffic, root)
  await traffic.drain()
  return judged(traffic)
}

async function judged(traffic: Traffic): Promise<Difference[]> {
  const differences = await differencesFromReplay(traffic.namespace)
  await traffic.close()
  return differences
}
