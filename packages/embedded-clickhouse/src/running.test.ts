import { describe, expect, it } from '@jest/globals'
import { marker, rewriteKill, RunningQueries } from './running.ts'

const rewrite = (sql: string) => {
  const bytes = Buffer.from(sql)
  return rewriteKill(bytes.toString('latin1'), (from, to) => bytes.toString('utf8', from, to))
}

describe('marker', () => {
  it('cannot be ended or left by an id', () => {
    expect(marker(`a */ 'b' é`)).toBe('/* query_id=a%20*%2F%20%27b%27%20%C3%A9 */ ')
  })
})

describe('rewriteKill', () => {
  it('puts our ids for query_id, and takes SYNC out', () => {
    const { sql, sync } = rewrite(`KILL QUERY WHERE query_id = 'é query_id SYNC' AND user = 'x' SYNC;`)
    expect(sql).toMatch(/^KILL QUERY WHERE decodeURLComponent\(.*\) = 'é query_id SYNC' AND user = 'x'\s*$/)
    expect(sync).toBe(true)
  })

  it('leaves a statement without either as it is', () => {
    expect(rewrite(`KILL QUERY WHERE user = 'x' TEST`)).toEqual({
      sql: `KILL QUERY WHERE user = 'x' TEST`,
      sync: false,
    })
  })
})

describe('RunningQueries', () => {
  it('refuses an id that is in use, and only that', () => {
    const running = new RunningQueries()
    const end = running.begin('a')
    expect(() => running.begin('a')).toThrow('QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING')
    running.begin('b')
    end()
    running.begin('a')
    end()
    expect(() => running.begin('a')).toThrow('already running')
  })
})
