import { afterEach, describe, expect, it } from '@jest/globals'
import { brokers } from '../support/kafka.ts'
import { metric } from '../support/metrics.ts'
import { freePort } from '../support/port.ts'
import { seed } from '../support/random.ts'
import { differencesFromReplay } from '../support/replay.ts'
import { startTraffic, type Traffic } from '../support/traffic.ts'
import { endProcesses, startProcess, untilStopped, type ServiceProcess } from '../support/workers.ts'

const sessionTimeoutMs = 3000

function worker(traffic: Traffic, fault?: string, settings: Readonly<Record<string, string>> = {}): ServiceProcess {
  return startProcess('attribution', {
    KAFKA_BROKERS: brokers().join(','),
    CAIRN_NAMESPACE: traffic.namespace,
    BATCH_RECORDS: '50',
    CHECKPOINT_MS: '400',
    SESSION_TIMEOUT_MS: String(sessionTimeoutMs),
    ...(fault === undefined ? {} : { CAIRN_FAULT: fault }),
    ...settings,
  })
}

/** Nothing lost, nothing doubled, nothing torn: the topics hold what one undisturbed fold gives. */
async function expectExactly(traffic: Traffic, ...workers: readonly ServiceProcess[]): Promise<void> {
  const ended = Promise.race(workers.map((w) => w.exited))
  const outcome = await Promise.race([
    traffic.drain().then(() => 'drained', String),
    ended.then(() => 'a worker ended'),
  ])
  if (outcome !== 'drained') throw new Error(`${outcome}\n${workers.map((w) => w.log()).join('\n---\n')}`)
  expect(await differencesFromReplay(traffic.namespace)).toEqual([])
  await traffic.close()
}

afterEach(endProcesses)

describe(`attribution under faults, CAIRN_SEED=${seed}`, () => {
  it.each([
    ['after its fence, before it has read its state', 'after-fence=kill@3'],
    ['in the middle of reading its state', 'mid-restore=kill@1'],
    ['before its transaction', 'attribution.before-transaction=kill@6'],
    ['after writing its outputs, before the commit', 'attribution.after-produce=kill@6'],
    ['after the commit, before it applied it', 'attribution.after-commit=kill@6'],
  ])(
    'killed %s',
    async (_, fault) => {
      const traffic = await startTraffic('kill', seed)
      await traffic.send(500)
      if (fault.startsWith('mid-restore')) {
        // It needs more state than one read gives.
        const before = worker(traffic)
        await traffic.drain()
        await before.stop()
      }
      const killed = worker(traffic, fault)
      await traffic.send(500)
      expect([await killed.exited, killed.log()]).toEqual(['SIGKILL', expect.any(String)])
      await traffic.send(500)
      const next = worker(traffic)
      await expectExactly(traffic)
      await next.stop()
    },
    120_000,
  )

  it.each([
    ['an ordinary one', { CHECKPOINT_MS: '60000' }],
    ['one with a checkpoint', { CHECKPOINT_MS: '100' }],
  ])(
    'rolls a batch back whose transaction is aborted, %s, and hands over a state that says so',
    async (_, settings) => {
      const traffic = await startTraffic('abort', seed)
      const port = await freePort()
      await traffic.send(500)
      const failing = worker(traffic, 'attribution.after-produce=fail@8', { ...settings, METRICS_PORT: String(port) })
      await traffic.send(500)
      await traffic.drain()
      expect(await metric(port, 'cairn_attribution_transactions_total{end="aborted"')).toBe(1)
      failing.kill('SIGKILL')
      await failing.exited
      await traffic.send(500)
      const next = worker(traffic)
      await expectExactly(traffic)
      await next.stop()
    },
    120_000,
  )

  it.each([
    ['before its transaction', 'attribution.before-transaction=stop@6'],
    ['between writing its outputs and the commit', 'attribution.after-produce=stop@6'],
  ])(
    'halted past its session timeout %s, then continued beside its successor',
    async (_, fault) => {
      const traffic = await startTraffic('zombie', seed)
      await traffic.send(500)
      const zombie = worker(traffic, fault)
      await untilStopped(zombie)
      const successor = worker(traffic)
      await traffic.send(500)
      // The successor has taken over once everything sent so far is out.
      await traffic.drain()
      zombie.kill('SIGCONT')
      await traffic.send(500)
      await expectExactly(traffic)
      await Promise.all([zombie.stop(), successor.stop()])
    },
    120_000,
  )
})
