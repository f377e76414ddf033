import { describe, expect, it } from '@jest/globals'
import { runHere } from '../../../../test/support/command-line.ts'
import { exitCode } from '../command.ts'
import { defaultKey, report, send } from './send.ts'

describe('the write key that is meant where none is named', () => {
  it.each([
    ['dev where there is one', { web: 'shop', dev: 'dev' }, 'dev'],
    ['the only one there is', { web: 'shop' }, 'web'],
  ])('is %s', (_, keys, key) => {
    expect(defaultKey(keys)).toBe(key)
  })

  it('is not guessed: those there are get named', () => {
    expect(() => defaultKey({ web: 'shop', srv: 'shop:server' })).toThrow(
      'name the write key with --write-key; the instance has web for site shop, srv for site shop:server',
    )
  })
})

describe('what is said of what was sent', () => {
  it('has the verdicts, then where it stopped and what to do', () => {
    const refused = [
      { line: 2, reason: 'bad_time', message: 'no time' },
      { line: 3, index: 1, reason: 'too_large', message: 'too long' },
    ]
    const stopped = { line: 4, reason: 'unavailable', why: 'http://there does not answer: reset' } as const
    expect(report({ accepted: 1, refused, stopped })).toBe(
      [
        'accepted 1, refused 2',
        '  line 2: bad_time: no time',
        '  line 3, index 1 of its batch: too_large: too long',
        'stopped at line 4: http://there does not answer: reset',
        'Send all of it again once that works: what was accepted is recognised.\n',
      ].join('\n'),
    )
  })
})

describe('cairn send', () => {
  const run = (...args: string[]) => runHere([send], ['send', '-', ...args], '{"type":"page","anonymousId":"a"}\n')

  it('exits with 1 and says what to do where nobody answers', async () => {
    const { exit, out, err } = await run('--url', 'http://127.0.0.1:1', '--timeout', '1')
    expect(exit).toBe(exitCode.no)
    expect(out).toMatch(/^accepted 0, refused 0\nstopped at line 1: http.* does not answer: .*\nSend all of it again/)
    expect(err).toMatch(/^cairn send: http.* does not answer: .*; trying again\n$/)
  })

  it.each(['127.0.0.1:8080', 'ftp://127.0.0.1', 'http://'])('refuses the address %s', async (url) => {
    const { exit, err } = await run('--url', url)
    expect([exit, err]).toEqual([exitCode.usage, expect.stringContaining(`not "${url}"`)])
  })
})
