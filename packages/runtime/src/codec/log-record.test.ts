import { describe, expect, it } from '@jest/globals'
import { readCatalog } from './catalog.ts'
import { createCodec } from './codec.ts'
import { readEventInput, UnknownSchema } from './log-record.ts'

describe('a record whose schema is not known', () => {
  it('is no poison: it names its id and offset, and a way out that holds with a registry and without', () => {
    const record = { offset: 7, timestamp: 0, key: 'shop:v-1', value: Buffer.from([0, 0, 0, 3, 231, 1]) }
    const read = () => readEventInput(createCodec(readCatalog()), record)
    expect(read).toThrow(UnknownSchema)
    expect(read).toThrow(/^schema 999 of the record at offset 7 .* deploy the version .* the same SCHEMA_REGISTRY_URL, or none/) // prettier-ignore
  })
})
