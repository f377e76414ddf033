import { describe, expect, it } from '@jest/globals'
import { loadConfig, z } from '../config/config.ts'
import { runService } from './service.ts'

const settings = { SIZE: z.coerce.number().int().min(1).default(7).describe('How large it is') }

/** What a service says and how it ends before it is started. */
async function called(env: Readonly<Record<string, string>>, ...args: string[]) {
  const ended = { code: -1, out: '', err: '', started: false }
  const process = {
    argv: ['node', 'main.js', ...args],
    env,
    pid: 0,
    kill: () => undefined,
    on: () => undefined,
    exit: (code: number) => void (ended.code = code),
    write: (text: string) => void (ended.err += text),
    print: (text: string) => void (ended.out += text),
  }
  await runService(process, {
    name: 'sink',
    settings,
    load: (given) => loadConfig(settings, given),
    start: () => {
      ended.started = true
      return Promise.reject(new Error('this test starts nothing'))
    },
    stopDeadlineMs: 1,
  })
  return ended
}

describe('a service', () => {
  it('is started without an argument', async () => {
    expect(await called({})).toMatchObject({ code: 3, started: true })
  })

  it('refuses an argument it does not know with its usage, and is not started', async () => {
    expect(await called({}, '--port', '80')).toEqual({
      code: 2,
      out: '',
      err: 'sink: no argument "--port"; settings are environment variables\nUsage: node services/sink/dist/main.js [--check-config | --help]\n',
      started: false,
    })
  })

  it('prints its usage and every setting with its default when asked for help, whatever the settings are', async () => {
    const { code, out, started } = await called({ SIZE: 'x' }, '--help')
    expect({ code, started }).toEqual({ code: 0, started: false })
    expect(out).toMatch(/^Usage: .*\n {2}SIZE +How large it is \(whole number from 1; default 7\)\n$/s)
  })

  it('only checks its settings when asked to', async () => {
    expect(await called({}, '--check-config')).toMatchObject({ code: 0, started: false })
    const refused = await called({ SIZE: '0' }, '--check-config')
    expect(refused).toMatchObject({ code: 2, started: false })
    expect(refused.err).toBe(
      'sink: configuration refused\n  SIZE: "0" must be a whole number from 1\n--help lists every setting\n',
    )
  })
})
