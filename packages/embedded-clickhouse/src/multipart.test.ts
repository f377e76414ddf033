import { describe, expect, it } from '@jest/globals'
import { parseForm } from './multipart.ts'

const type = 'multipart/form-data; boundary=b'
const form = (...parts: string[]) => Buffer.from(parts.map((part) => `--b\r\n${part}\r\n`).join('') + '--b--\r\n')

describe('parseForm', () => {
  it('reads names and values, which may span lines', () => {
    const body = form(
      'Content-Disposition: form-data; name="query"\r\n\r\nSELECT\r\n{x:String}',
      'Content-Disposition: form-data; name="param_x"\r\n\r\né',
    )
    expect(parseForm(body, type)).toEqual([
      ['query', 'SELECT\r\n{x:String}'],
      ['param_x', 'é'],
    ])
  })

  it('refuses files', () => {
    const body = form('Content-Disposition: form-data; name="t"; filename="t.tsv"\r\n\r\n1')
    expect(() => parseForm(body, type)).toThrow('External data')
  })

  it.each([
    ['no boundary', 'multipart/form-data', '--b--\r\n'],
    ['a cut body', type, '--b\r\nContent-Disposition: form-data; name="q"\r\n\r\nx'],
    ['a part without headers', type, '--b\r\nx\r\n--b--\r\n'],
  ])('refuses %s', (_, contentType, body) => {
    expect(() => parseForm(Buffer.from(body), contentType)).toThrow('BAD_ARGUMENTS')
  })
})
