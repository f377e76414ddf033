import { describe, expect, it } from '@jest/globals'
import { parseCsv } from './csv.ts'

describe('CSV', () => {
  it('is read into records by the names in its first line', () => {
    expect(parseCsv('a,b\r\n1,2\n3,4')).toEqual([
      { a: '1', b: '2' },
      { a: '3', b: '4' },
    ])
  })

  it('may have commas, quotes and line breaks in quoted fields', () => {
    expect(parseCsv('a,b\n"x, ""y""\nz",')).toEqual([{ a: 'x, "y"\nz', b: '' }])
  })

  it('keeps an empty last field and reads a short row as blank', () => {
    expect(parseCsv('a,b\n1,\n2\n')).toEqual([
      { a: '1', b: '' },
      { a: '2', b: '' },
    ])
  })

  it('names the place where it is broken', () => {
    expect(() => parseCsv('a,b\n1,"2"3\n')).toThrow(
      'row 2 (the first names the columns): no CSV field can be read at character 6',
    )
  })
})
