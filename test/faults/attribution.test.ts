import { afterEach, describe, expect, it, jest } from '@jest/globals'
import {
  busy,
  killed,
  killedOften,
  roomy,
  stoppedAfterSeveral,
  transactionAborts,
  zombieWakes,
} from '../support/attribution-rows.ts'
import { canMount, diskDamaged, diskFills, diskLost, takenBack } from '../support/disk-rows.ts'
import { killedInMerge } from '../support/merge-rows.ts'
import { killedInRefund } from '../support/refund-rows.ts'
import { seed } from '../support/seed.ts'
import { endProcesses, repository } from '../support/workers.ts'

/** Longer than all that a row waits for may take together: what did not come in its own time is what it fails with. */
jest.setTimeout(300_000)
afterEach(endProcesses)

/** The rows themselves, and how they are judged, are in test/support: test/full runs them on mutants too. */
describe(`attribution under faults, CAIRN_SEED=${seed}`, () => {
  it.each([
    ['after its fence, before it has read its state', 'after-fence=kill@3'],
    ['in the middle of reading its state', 'mid-restore=kill@1'],
    ['before its transaction', 'attribution.before-transaction=kill@6'],
    ['after writing its outputs, before the commit', 'attribution.after-produce=kill@6'],
    ['after the commit, before it applied it', 'attribution.after-commit=kill@6'],
    ['after the commit of a checkpoint, before its disk had it', 'attribution.before-store=kill@3'],
    ['while a checkpoint was written to its disk', 'attribution.mid-store=kill@3'],
  ])('killed %s', async (_, fault) => {
    expect(await killed(fault, busy)(repository)).toEqual([])
  })

  it('killed with checkpoints that its disk does not have', async () => {
    expect(await killed('attribution.after-commit=kill@20', roomy)(repository)).toEqual([])
  })

  it('killed while several checkpoints were written to its disk as one', async () => {
    const little = { ...roomy, cacheBytes: 1024 * 1024 }
    expect(await killed('attribution.mid-store=kill@2', little)(repository)).toEqual([])
  })

  it('killed three times in a row, before anything had to go to its disk', async () => {
    expect(await killedOften('attribution.after-commit=kill@30', { ...roomy, checkpointMs: 100 })(repository)).toEqual(
      [],
    )
  })

  it('stopped with several checkpoints that go to its disk as one', async () => {
    expect(await stoppedAfterSeveral(roomy)(repository)).toEqual([])
  })

  it.each([
    ['after writing it, before the commit', 'attribution.after-produce'],
    ['after the commit, before it applied it', 'attribution.after-commit'],
  ] as const)('killed in a merge of sessions that moves a conversion and changes a path, %s', async (_, point) => {
    expect(await killedInMerge(point, busy)(repository)).toEqual([])
  })

  it.each([
    ['after writing it, before the commit', 'attribution.after-produce', 'in time'],
    ['after the commit, before it applied it', 'attribution.after-commit', 'in time'],
    ['after writing it, when the session of the purchase was let go', 'attribution.after-produce', 'late'],
  ] as const)('killed in a refund that restates a conversion and its credits, %s', async (_, point, when) => {
    expect(await killedInRefund(point, busy, when)(repository)).toEqual([])
  })

  it.each([
    ['an ordinary one', 60_000],
    ['one with a checkpoint', 100],
  ])(
    'rolls a batch back whose transaction is aborted, %s, and hands over a state that says so',
    async (_, checkpointMs) => {
      expect(await transactionAborts(8, { busy: true, checkpointMs })(repository)).toEqual([])
    },
  )

  it.each([
    ['before its transaction', 'attribution.before-transaction=stop@6'],
    ['between writing its outputs and the commit', 'attribution.after-produce=stop@6'],
  ])('halted past its session timeout %s, then continued beside its successor', async (_, fault) => {
    expect(await zombieWakes(fault, busy)(repository)).toEqual([])
  })

  it.each(['wiped', 'outdated'] as const)('comes back to a disk that is %s', async (how) => {
    expect(await diskLost(how, busy)(repository)).toEqual([])
  })

  it('comes back to a disk in which bytes were overwritten', async () => {
    expect(await diskDamaged(busy)(repository)).toEqual([])
  })

  const named = `stops while its disk is full, and goes on${canMount ? '' : ' (only root can mount a small disk)'}`
  ;(canMount ? it : it.skip)(named, async () => {
    expect(await diskFills(busy)(repository)).toEqual([])
  })

  it('comes back to the disk it left after another machine has gone on', async () => {
    expect(await takenBack(busy)(repository)).toEqual([])
  })
})
