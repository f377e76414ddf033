import { describe, expect, it } from '@jest/globals'
import { createPartition, step } from '@cairn/domain'
import { createCodec, createVisitorCodec, readCatalog, RecordBuffer } from '@cairn/runtime'
import { buildEvent, LogBuilder } from '@cairn/testkit/domain'
import { checkpointOf, takeCheckpoint } from './checkpoint.ts'
import type { Shell } from './shell.ts'
import { checkpointKey, checkpointRecord, metaKey } from './state.ts'

const catalog = readCatalog()
const shell = { codec: createCodec(catalog), config: { CAIRN_PARTITIONS: 4 } } as Shell
const meta = { key: metaKey, value: Buffer.from('meta') }
const T = 1_790_000_000_000

/** A fold of visitors whose states take about a kilobyte each. */
function foldOf(visitors: number) {
  const fold = createPartition(createVisitorCodec(catalog))
  const log = new LogBuilder()
  const path = `/${'p'.repeat(400)}`
  for (let i = 0; i < visitors; i++) step(fold, log.event(T, buildEvent({ visitor_id: `v${i}`, event_id: 'e', path })))
  return fold
}

describe('a checkpoint that is taken', () => {
  it('stands in the buffer in place of the last one: the changed visitors, then where the fold stands', async () => {
    const fold = foldOf(3)
    const records = new RecordBuffer()
    records.add('shop:of-the-last', null)
    const { states, control } = await takeCheckpoint(shell, fold, meta, records)
    expect([...states].map(([key]) => key)).toEqual(['shop:v0', 'shop:v1', 'shop:v2'])
    expect(control).toEqual([checkpointRecord(shell.codec, checkpointOf(shell, fold)), meta])
    expect(control[0]?.key).toBe(checkpointKey)
    expect([...records]).toEqual([...[...states].map(([key, value]) => ({ key, value })), ...control])
  })

  it('lets others have their turn with each quarter of a megabyte', async () => {
    const fold = foldOf(1_500)
    const portions = fold.dirtyBytes / (256 * 1024)
    expect(portions).toBeGreaterThan(4)
    let turns = 0
    let isOver = false
    const count = () => {
      if (isOver) return
      turns++
      setImmediate(count)
    }
    setImmediate(count)
    await takeCheckpoint(shell, fold, meta, new RecordBuffer())
    isOver = true
    expect(turns).toBeGreaterThanOrEqual(Math.floor(portions))
  })
})
