import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { readCatalog } from './catalog.ts'

/** What each id of schemas/avro/ids.json means: records of it lie on topics and disks for as long as these are kept. */
const frozen: Readonly<Record<number, string>> = {
  // event.v1
  1: '98cb3ebca5caf3249d2bcbbf6e93b7a4b67af30fcc3193ad0a7edaa1ecdc3fda',
  // tick
  2: '9199a03055e78e7753fd2c52a87c40f906725a3038d5689141fb45243f469f90',
  // definitions
  3: '3242de2cc2b3634251e68c936f9542c43f3c502f244711c75523cefe6385734d',
  // verdict
  4: 'd8b8fcb393ad06a39d4bd53ae78f5589bc38cfec48e9f6a9ee10d700b11d6deb',
  // session
  10: '4e93bffe967c37050e08e95c814829fa6817059a4cb930bd3f4751b022b46724',
  // conversion
  11: '8c3ce1a4f7283bb0a04dfdff7a336bf4f41af26c578337910d6aade1a7949817',
  // barrier
  12: '982076f206e2498eeb71035c04d75454f87be4a7f70341e185f72e7f9fbc49a6',
  // dead-letter
  13: '842327d120a563c2137d00466ba6429b5974dc4cb7a2236dfbdf6897dd8de4dc',
  // credit
  14: 'cbb6bc3f1dcae2f79d2454ab8f0bf90efb0874a19a3661e04ae8ffefb5d27691',
  // visitor-state.v1
  20: '5b47a13499a3e96651e3749dc813951e4ca6991e61579f536afb902c1e8d2501',
  // attribution-meta
  21: '1fe104fb3dafc08ae511ca05ccb5f3af240a1470e865002418a12e1371a2acce',
  // attribution-checkpoint
  22: '94938c4d3dee73e0f83c8b66dd2ea4de8dc4e16d9d6c0b2dec05cf1e2099e1f0',
  // fence
  23: 'c05e991c802b9695a539a2940bb1294c237cd3a0bc452889cf3abf415b0952e3',
  // sink-intent
  24: '18e1deb45976dcec8921cf7cda764186114b0a162643b7e476cb13f27eaf53d9',
  // visitor-state
  25: '87b22cfa1e0eb1a12f852cf14e001aa277a3e6fece463d7192d24253956b7a32',
  // order-state
  26: '7cedd19f5924a76d1e7173b7f231f6db0e9ffed2db7ddbbd8b12ef99bd482d62',
  // order-meta
  27: 'eb112eecc9110dd70a1a44fe08e2a8aea0473bdd927b0aed7867c596131ee029',
  // labelled:1
  101: '2e23d359dd7af07f96b49f5b50c750444da251a0488da224f5b38c2f75a5affe',
}

/**
 * Of all that reading depends on: names, types and defaults, in their order and with what they refer to. Doc texts may
 * change.
 */
function fingerprintOf(schema: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(schema)))
    .digest('hex')
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key]) => key !== 'doc')
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, canonical(one)]))
}

/** What is wrong with each id, and what to do. */
function changes(entries: readonly { id: number; name: string; schema: unknown }[], known = frozen): string[] {
  const found = new Map(entries.map(({ id, name, schema }) => [id, { name, fingerprint: fingerprintOf(schema) }]))
  const changed = [...found].flatMap(([id, { name, fingerprint }]) => {
    const before = known[id]
    if (before === fingerprint) return []
    if (before === undefined) return [`${id} (${name}) is new: put ${fingerprint} beside it in this test`]
    return [
      `${id} (${name}) would read what was written under it as something else. Once it was released: give the changed schema another file and a new id in ids.json, and keep a reader for this one (as visitor.ts does). Before that: put ${fingerprint} beside it in this test`,
    ]
  })
  const gone = Object.keys(known).filter((id) => !found.has(Number(id)))
  return [
    ...changed,
    ...gone.map((id) => `${id} is gone from ids.json: what was written under it could not be read any more`),
  ]
}

describe('the schema of an id', () => {
  it('is what it was when the first record was written under it', () => {
    expect(changes(readCatalog().entries)).toEqual([])
  })

  const schema = { type: 'record', name: 'R', doc: 'text', fields: [{ name: 'a', type: 'long', doc: '', default: 0 }] }
  const known = { 1: fingerprintOf(schema) }
  const changed = (over: object) => changes([{ id: 1, name: 'r', schema: { ...schema, ...over } }], known)

  it('may be told otherwise', () => {
    expect(changed({ doc: 'other text' })).toEqual([])
    expect(changed({ fields: [{ default: 0, type: 'long', name: 'a' }] })).toEqual([])
  })

  it.each([
    ['a field is added', [...schema.fields, { name: 'b', type: 'long' }]],
    ['a type is another', [{ name: 'a', type: 'string', default: 0 }]],
    ['a name is another', [{ name: 'b', type: 'long', default: 0 }]],
    ['a default is another', [{ name: 'a', type: 'long', default: 1 }]],
    ['two fields change places', [{ name: 'b', type: 'long' }, ...schema.fields]],
  ])('is another one where %s', (_, fields) => {
    expect(changed({ fields })).toEqual([expect.stringContaining('1 (r) would read')])
  })

  it('is missed where its id is gone, and asked for where it is new', () => {
    expect(changes([{ id: 2, name: 'r', schema }], known)).toEqual([
      `2 (r) is new: put ${known[1]} beside it in this test`,
      '1 is gone from ids.json: what was written under it could not be read any more',
    ])
  })
})
