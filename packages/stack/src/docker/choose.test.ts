import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverPaths, type ServerPaths } from '../paths.ts'
import { chooseKind } from './choose.ts'

describe('where a server of a data directory runs', () => {
  let dir: string
  let paths: ServerPaths
  let said: string[]

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'cairn-choose-'))
    mkdirSync(join(dir, 'bin'))
    paths = serverPaths(dir, 'kafka')
    mkdirSync(paths.dir)
    said = []
  })

  afterEach(() => {
    rmSync(dir, { recursive: true })
  })

  /** Puts a Docker client in the path that fails when called with arguments of this pattern, and so decides as Docker would. */
  function dockerThatFailsOn(pattern: string): void {
    const program = join(dir, 'bin', 'docker')
    writeFileSync(program, `#!/bin/sh\ncase "$*" in ${pattern}) exit 1;; esac\n`)
    chmodSync(program, 0o755)
  }

  const choose = (env: Readonly<Record<string, string>> = {}) =>
    chooseKind('kafka', paths, { PATH: join(dir, 'bin'), ...env }, (line) => said.push(line))

  it('is Docker where an engine answers and has the image', async () => {
    dockerThatFailsOn('nothing')
    expect(await choose()).toEqual({ ok: true, kind: 'docker' })
  })

  it('is Docker where the image can be pulled, which is said', async () => {
    dockerThatFailsOn('image*')
    expect(await choose()).toEqual({ ok: true, kind: 'docker' })
    expect(said).toEqual([expect.stringMatching(/^pulling image/)])
  })

  it.each([
    ['no engine answers', 'info'],
    ['the client has no compose plugin', 'compose*'],
    ['the image is neither there nor to be had', 'image*|pull*'],
  ])('is native where %s', async (_why, pattern) => {
    dockerThatFailsOn(pattern)
    expect(await choose()).toEqual({ ok: true, kind: 'native' })
  })

  it('is native where there is no Docker client', async () => {
    expect(await choose()).toEqual({ ok: true, kind: 'native' })
  })

  it('is native where the data already is, or where that is asked for', async () => {
    dockerThatFailsOn('nothing')
    expect(await choose({ CAIRN_STACK: 'native' })).toEqual({ ok: true, kind: 'native' })
    mkdirSync(paths.data)
    expect(await choose()).toEqual({ ok: true, kind: 'native' })
  })

  it('is refused, not native, while Docker has the data and does not answer', async () => {
    writeFileSync(paths.volumeMark, '')
    for (const env of [{}, { CAIRN_STACK: 'native' }]) {
      expect(await choose(env)).toMatchObject({
        ok: false,
        reason: 'prerequisite-missing',
        message: expect.stringContaining('is in a Docker volume, but no Docker engine answers'),
      })
    }
  })

  it('is refused where Docker is asked for and does not answer', async () => {
    expect(await choose({ CAIRN_STACK: 'docker' })).toEqual({
      ok: false,
      reason: 'prerequisite-missing',
      message: 'CAIRN_STACK is docker, but no Docker engine answers: start Docker or unset CAIRN_STACK.',
    })
  })

  it('is refused where something else is asked for', async () => {
    expect(await choose({ CAIRN_STACK: 'podman' })).toMatchObject({ ok: false, reason: 'invalid-setting' })
  })
})
