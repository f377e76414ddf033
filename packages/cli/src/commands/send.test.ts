import { Readable } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { exitCode, type Io } from '../command.ts'
import { runCommand } from '../run.ts'
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
  async function run(...args: string[]): Promise<{ exit: number; out: string; err: string }> {
    const said = { out: '', err: '' }
    const io: Io = {
      env: {},
      cwd: '.',
      isTerminal: false,
      stdin: Readable.from([Buffer.from('{"type":"page","anonymousId":"a"}\n')]),
      out: (text) => (said.out += text),
      err: (text) => (said.err += text),
      interrupted: new AbortController().signal,
      onFurtherInterrupt: () => undefined,
    }
    return { exit: await runCommand([send], ['send', '-', ...args], io), ...said }
  }

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
