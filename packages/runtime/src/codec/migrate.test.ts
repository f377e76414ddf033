import { describe, expect, it } from '@jest/globals'
import { compileMigration } from './migrate.ts'
import type { AvroField, AvroRecord } from './schema.ts'

const record = (name: string, ...fields: AvroField[]): AvroRecord => ({ type: 'record', name, fields })
const mark = record('Mark', { name: 'time', type: 'long' })
const markNow = record('Mark', { name: 'time', type: 'long' }, { name: 'value', type: 'string' })

describe('a migration', () => {
  it('gives a field that is new what says nothing, or what its schema says', () => {
    const now = record(
      'R',
      { name: 'before', type: 'string' },
      { name: 'text', type: 'string' },
      { name: 'count', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'flag', type: 'boolean' },
      { name: 'list', type: { type: 'array', items: 'string' } },
      { name: 'maybe', type: ['null', 'long'] },
      { name: 'mark', type: markNow },
      { name: 'given', type: 'long', default: -1 },
    )
    const migrate = compileMigration(record('R', { name: 'before', type: 'string' }), now)
    const migrated = migrate({ before: 'x' })
    expect(migrated).toEqual({
      before: 'x',
      text: '',
      count: 0,
      flag: false,
      list: [],
      maybe: null,
      mark: { time: 0, value: '' },
      given: -1,
    })
    expect(Object.keys(migrated)).toEqual(now.fields.map(({ name }) => name))
  })

  it('leaves out a field that is gone', () => {
    const migrate = compileMigration(record('R', { name: 'a', type: 'int' }, { name: 'b', type: 'int' }), record('R', { name: 'b', type: 'long' })) // prettier-ignore
    expect(migrate({ a: 1, b: 2 })).toEqual({ b: 2 })
  })

  it('reaches records within lists, behind null and by their names', () => {
    const of = (one: AvroRecord) =>
      record(
        'R',
        { name: 'first', type: ['null', one] },
        { name: 'again', type: ['null', 'Mark'] },
        { name: 'list', type: { type: 'array', items: 'Mark' } },
      )
    const migrate = compileMigration(of(mark), of(markNow))
    expect(migrate({ first: { time: 1 }, again: null, list: [{ time: 2 }] })).toEqual({
      first: { time: 1, value: '' },
      again: null,
      list: [{ time: 2, value: '' }],
    })
  })

  it('refuses a field of another type before it has read a value', () => {
    const [before, now] = [record('R', { name: 'a', type: 'string' }), record('R', { name: 'a', type: 'long' })]
    expect(() => compileMigration(before, now)).toThrow('field a of a visitor state had another type')
  })
})
