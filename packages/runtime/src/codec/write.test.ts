import { describe, expect, it } from '@jest/globals'
import avro from 'avsc'
import fc from 'fast-check'
import { readCatalog } from './catalog.ts'
import type { AvroSchema } from './schema.ts'
import { compileRead } from './read.ts'
import { compileWrite } from './write.ts'

/** Written into a buffer that just holds it, whose size writing into none has told. */
function written(schema: AvroSchema, value: unknown): Buffer {
  const write = compileWrite(schema)
  const end = write(value, Buffer.alloc(0), 0)
  const bytes = Buffer.alloc(end)
  expect(write(value, bytes, 0)).toBe(end)
  return bytes
}

const expected = (schema: AvroSchema, value: unknown) => avro.Type.forSchema(schema as avro.Schema).toBuffer(value)

/** Values of a schema, numbers at their edges among them. */
function valuesOf(schema: AvroSchema, named = new Map<string, fc.Arbitrary<unknown>>()): fc.Arbitrary<unknown> {
  if (typeof schema === 'string') return named.get(schema) ?? primitives[schema]!()
  if (Array.isArray(schema)) return fc.oneof(...schema.map((branch: AvroSchema) => valuesOf(branch, named)))
  switch (schema.type) {
    case 'record': {
      const fields = schema.fields.map((field) => [field.name, valuesOf(field.type, named)] as const)
      const record = fc.record(Object.fromEntries(fields))
      named.set(schema.name, record)
      return record
    }
    case 'array':
      return fc.array(valuesOf(schema.items, named), { maxLength: 3 })
    case 'map':
      return fc.dictionary(primitives['string']!() as fc.Arbitrary<string>, valuesOf(schema.values, named), {
        maxKeys: 3,
      })
    default:
      return primitives[schema.type]!()
  }
}

const primitives: Readonly<Record<string, () => fc.Arbitrary<unknown>>> = {
  null: () => fc.constant(null),
  boolean: () => fc.boolean(),
  int: () => fc.integer(),
  long: () =>
    fc.oneof(
      fc.maxSafeInteger().filter((n) => Math.abs(n) <= 2 ** 53 - 2),
      fc.integer(),
    ),
  double: () => fc.double({ noNaN: true }),
  string: () => fc.oneof(fc.string({ unit: 'binary', maxLength: 90 }), fc.string({ minLength: 60, maxLength: 70 })),
  bytes: () => fc.uint8Array({ maxLength: 100 }).map((b) => Buffer.from(b)),
}

describe('compileWrite', () => {
  it.each(readCatalog().entries.map(({ name, schema }) => [name, schema] as const))(
    'writes values of %s as avsc does',
    (_, schema) => {
      fc.assert(
        fc.property(valuesOf(schema), (value) => {
          expect(written(schema, value).equals(expected(schema, value))).toBe(true)
        }),
        { numRuns: 60 },
      )
    },
  )

  it('writes longs of every width', () => {
    for (let bits = 0; bits < 53; bits++)
      for (const value of [2 ** bits - 1, 2 ** bits, -(2 ** bits), -(2 ** bits) - 1].filter(
        (n) => Math.abs(n) < 2 ** 53 - 1,
      ))
        expect([value, written('long', value)]).toEqual([value, expected('long', value)])
  })

  it('writes half a surrogate pair as the replacement character, so that every reader takes the text', () => {
    expect(written('string', 'a\ud800')).toEqual(written('string', 'a\ufffd'))
  })

  it('refuses numbers that are none of the schema', () => {
    for (const value of [0.5, NaN, 2 ** 53 - 1, -(2 ** 53) + 1]) expect(() => written('long', value)).toThrow(TypeError)
    for (const value of [0.5, NaN, 2 ** 31]) expect(() => written('int', value)).toThrow(TypeError)
  })

  it('refuses schemas whose values it could not tell apart', () => {
    expect(() => compileWrite(['null', 'int', 'string'])).toThrow('a union must be of null and one other schema')
    expect(() => compileWrite('uuid')).toThrow('"uuid"')
  })
})

describe('compileRead', () => {
  it('reads visitor states, which have every kind of value, as avsc does', () => {
    const { schema } = readCatalog().named('visitor-state')
    const type = avro.Type.forSchema(schema as unknown as avro.Schema)
    const read = compileRead(schema)
    fc.assert(
      fc.property(valuesOf(schema), (value) => {
        const bytes = type.toBuffer(value)
        expect({ ...read(bytes, 0) }).toEqual({ ...(type.fromBuffer(bytes) as object) })
      }),
    )
  })

  it('reads lists of several blocks, with and without their size', () => {
    const list = {
      type: 'record',
      name: 'r',
      fields: [{ name: 'list', type: { type: 'array', items: 'int' } }],
    } as const
    const [one, two, three, end] = [2, 4, 6, 0]
    const sized = [1, 2]
    expect(compileRead(list)(Buffer.from([two, 2, 4, ...sized, three, one, 8, end]), 0)).toMatchObject({
      list: [1, 2, 3, 4],
    })
  })

  it('refuses schemas it has no way to read', () => {
    const of = (type: AvroSchema) => () => compileRead({ type: 'record', name: 'r', fields: [{ name: 'f', type }] })
    expect(of(['null', 'int', 'string'])).toThrow('are not read')
    expect(of('Elsewhere')).toThrow('"Elsewhere" are not read')
  })
})
