import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { repository } from '../support/workers.ts'

describe('a machine that lacks something', () => {
  /** The only folder programs are looked for in. */
  let programs: string

  beforeEach(() => {
    programs = mkdtempSync(join(tmpdir(), 'cairn-programs-'))
  })

  afterEach(() => {
    rmSync(programs, { recursive: true })
  })

  function demo(env: Readonly<Record<string, string>> = {}) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(repository, 'scripts', 'demo.mjs')], {
      env: { PATH: programs, ...env },
      encoding: 'utf8',
    })
    return { exit: status, out: stdout, err: stderr }
  }

  function missing(env: Readonly<Record<string, string>>): unknown {
    const script = `const { missingPrerequisite } = await import(${JSON.stringify(join(repository, 'scripts', 'setup.mjs'))})
      console.log(JSON.stringify(missingPrerequisite(process.env) ?? null))`
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      env: { PATH: programs, ...env },
      encoding: 'utf8',
    })
    return JSON.parse(stdout)
  }

  function program(name: string, said: string): void {
    writeFileSync(join(programs, name), `#!/bin/sh\necho '${said}' >&2\n`, { mode: 0o755 })
  }

  const waysOut = 'start Docker, install Java 17 and Maven, or set KAFKA_BROKERS to a running Kafka.'

  it('is told so in one sentence that names the ways out, before anything is installed or built', () => {
    expect(demo()).toEqual({
      exit: 1,
      err: `Kafka needs Docker or Java 17, and neither answers: ${waysOut}\n`,
      out: expect.stringMatching(/^FAILED prerequisites \(\d+\.\d s\)\n$/),
    })
  })

  it('is told that its Java is too old', () => {
    program('java', 'openjdk version "11.0.2" 2019-01-15')
    expect(demo()).toMatchObject({ exit: 1, err: `Kafka needs Java 17 or later and this is 11: ${waysOut}\n` })
  })

  it.each([
    ['a Kafka that is given', () => ({ KAFKA_BROKERS: '127.0.0.1:9092' })],
    [
      'Docker that answers',
      () => {
        program('docker', 'fine')
        return {}
      },
    ],
  ])('lacks nothing with %s', (_, provide) => {
    expect(missing(provide())).toBeNull()
  })
})
