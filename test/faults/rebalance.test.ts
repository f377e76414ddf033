import { afterEach, describe, expect, it } from '@jest/globals'
import { randomFrom } from '@cairn/testkit'
import { openRig, type Rig } from '../support/rig.ts'
import { seed } from '../support/seed.ts'
import { storm } from '../support/storm.ts'

describe(`the pipeline while workers come and go, CAIRN_SEED=${seed}`, () => {
  let rig: Rig
  afterEach(() => rig.close())

  it('ends with every event once', async () => {
    rig = await openRig({ name: 'storm', seed })
    rig.start('ingest')
    await storm(rig, randomFrom(seed), 10)
    expect(await rig.judge()).toEqual([])
  }, 180_000)
})
