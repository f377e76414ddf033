import { describe, expect, it } from '@jest/globals'
import { parseParameters, readRequest, type Pair } from './request.ts'

const read = (parameters: readonly Pair[], method = 'POST') => readRequest({ method, headers: {} }, parameters)

describe('parseParameters', () => {
  it('decodes names, values, plus signs and UTF-8', () => {
    expect(parseParameters('a=1&b=x+y%2B&%C3%A9=%F0%9F%98%80&empty=&flag&a=2')).toEqual([
      ['a', '1'],
      ['b', 'x y+'],
      ['é', '😀'],
      ['empty', ''],
      ['flag', ''],
      ['a', '2'],
    ])
  })

  it('keeps what is no escape', () => {
    expect(parseParameters('a=100%&b=%zz')).toEqual([
      ['a', '100%'],
      ['b', '%zz'],
    ])
  })

  it('refuses bytes that are not UTF-8, which would become other ones', () => {
    expect(() => parseParameters('param_a=%FF')).toThrow('BAD_ARGUMENTS')
  })
})

describe('readRequest', () => {
  it('tells parameters, settings and transport apart', () => {
    const request = read([
      ['query', 'SELECT 1'],
      ['query_id', 'q'],
      ['param_x', '1'],
      ['max_threads', '2'],
      ['insert_deduplication_token', 'a/b'],
      ['wait_end_of_query', '1'],
      ['enable_http_compression', '1'],
      ['client_protocol_version', '54405'],
    ])
    expect(request).toMatchObject({
      query: 'SELECT 1',
      queryId: 'q',
      params: [['x', '1']],
      settings: [
        ['max_threads', '2'],
        ['insert_deduplication_token', 'a/b'],
      ],
      waitEndOfQuery: true,
      compressResponse: true,
      readOnly: false,
      session: undefined,
    })
  })

  it('a missing feature is refused unless it is switched off', () => {
    expect(() => read([['role', 'r']])).toThrow('The parameter role is not supported')
    expect(read([['compress', '0']]).settings).toEqual([])
  })

  it('reads sessions, and refuses a timeout above the limit', () => {
    expect(
      read([
        ['session_id', 's'],
        ['session_check', '1'],
      ]).session,
    ).toEqual({ id: 's', timeoutSeconds: 60, mustExist: true, closeAfter: false })
    expect(() =>
      read([
        ['session_id', 's'],
        ['session_timeout', '3601'],
      ]),
    ).toThrow('INVALID_SESSION_TIMEOUT')
    expect(() =>
      read([
        ['session_id', 's'],
        ['session_timeout', 'x'],
      ]),
    ).toThrow('BAD_ARGUMENTS')
  })

  it('GET changes nothing', () => {
    expect(read([], 'GET').readOnly).toBe(true)
  })
})
