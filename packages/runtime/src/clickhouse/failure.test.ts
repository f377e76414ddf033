import { describe, expect, it } from '@jest/globals'
import { ClickHouseError } from '@clickhouse/client'
import { failureOf } from './failure.ts'

const answered = (code: number, message: string) => failureOf(new ClickHouseError({ code: String(code), message }))

describe('a warehouse failure', () => {
  it('is retriable when no answer came, because the statement may have run or not', () => {
    const reset = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    expect(failureOf(reset)).toEqual({ ok: false, reason: 'retriable', code: 0, message: 'socket hang up' })
  })

  it.each([241, 242, 252, 159])('is retriable when the server is full or slow (code %i)', (code) => {
    expect(answered(code, 'too much').reason).toBe('retriable')
  })

  it.each([60, 16, 117])('is permanent when statement and table do not fit (code %i)', (code) => {
    expect(answered(code, 'no').reason).toBe('permanent')
  })

  it('is a failed view when the source was stored and the view refused it', () => {
    expect(answered(395, 'wrong: while pushing to view db.v (uuid)').reason).toBe('view_failed')
  })

  it('is retriable when a view ran out of memory: the same token completes it', () => {
    expect(answered(241, 'Memory limit: while pushing to view db.v').reason).toBe('retriable')
  })
})
