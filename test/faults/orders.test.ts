import { afterEach, describe, expect, it, jest } from '@jest/globals'
import {
  diskDamaged,
  diskLost,
  handedOver,
  killed,
  killedCorrecting,
  killedRestoring,
  takenBack,
  zombieWakes,
} from '../support/order-rows.ts'
import { seed } from '../support/seed.ts'
import { endProcesses, repository } from '../support/workers.ts'

/** Longer than all that a row waits for may take together: what did not come in its own time is what it fails with. */
jest.setTimeout(300_000)
afterEach(endProcesses)

/** The rows themselves, and how they are judged, are in test/support: test/full runs them on mutants too. */
describe(`orders under faults, CAIRN_SEED=${seed}`, () => {
  it.each([
    ['after its fence, before it has read its state', 'orders.after-fence=kill@3'],
    ['after deciding a batch, before it said anything of it', 'orders.before-append=kill@6'],
    ['after it said what it decided, before it committed that', 'orders.after-append=kill@6'],
    ['after the commit, before it applied it', 'orders.after-commit=kill@6'],
    ['after the commit of batches, before its disk had them', 'orders.before-store=kill@3'],
    ['while batches were written to its disk', 'orders.mid-store=kill@3'],
  ])('killed %s', async (_, fault) => {
    expect(await killed(fault)(repository)).toEqual([])
  })

  it('killed in the middle of refunds of orders that an earlier owner placed', async () => {
    expect(await killedCorrecting('orders.after-append=kill@2')(repository)).toEqual([])
  })

  it.each(['wiped', 'outdated'] as const)('comes back to a disk that is %s', async (how) => {
    expect(await diskLost(how)(repository)).toEqual([])
  })

  it('comes back to a disk in which bytes were overwritten', async () => {
    expect(await diskDamaged()(repository)).toEqual([])
  })

  it('killed while it reads all of its orders, having no disk', async () => {
    expect(await killedRestoring('orders.mid-restore=kill@3')(repository)).toEqual([])
  })

  it('taken over in part by a second process while events come, then as a whole', async () => {
    expect(await handedOver()(repository)).toEqual([])
  })

  it('comes back to the disk it left after another machine has gone on', async () => {
    expect(await takenBack()(repository)).toEqual([])
  })

  it('halted past its session timeout before it says what it decided, then continued beside its successor', async () => {
    expect(await zombieWakes()(repository)).toEqual([])
  })
})
