import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ownIdentity, takeDirectory } from '@cairn/stack'
import { findInstance, removeInstance, writeInstance, type Instance } from './instance.ts'

describe('the instance of a data directory', () => {
  let data: string

  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'cairn-instance-'))
  })

  afterEach(() => {
    rmSync(data, { recursive: true })
  })

  const find = () => findInstance({ data }, { cwd: '/' })
  const instance: Instance = {
    owner: ownIdentity(),
    namespace: 'cairn',
    partitions: 4,
    kafka: ['127.0.0.1:1'],
    ingest: 'http://127.0.0.1:2',
    clickhouse: { url: 'http://127.0.0.1:3', user: '', password: '', database: 'cairn' },
    writeKeys: { dev: 'dev' },
    metrics: {},
  }

  it('is found while its process runs', () => {
    writeInstance(data, instance)
    expect(find()).toEqual(instance)
    removeInstance(data)
    expect(find).toThrow(`nothing runs on ${data}: start it with`)
  })

  it('is not there yet where a process has the directory and has not said where it is', async () => {
    const taken = await takeDirectory(data)
    if (!taken.ok) throw new Error(taken.message)
    expect(find).toThrow(`process ${process.pid} is still starting or stopping what runs on ${data}`)
    taken.lock.release()
    expect(find).toThrow(`nothing runs on ${data}`)
  })

  it.each([
    [
      'another process has the number of the killed one that left it',
      { owner: { ...instance.owner, startedAt: 'earlier' } },
    ],
    ['it does not say which process left it', { owner: undefined }],
  ])('is none where %s', (_, left) => {
    writeInstance(data, { ...instance, ...left } as Instance)
    expect(find).toThrow(`nothing runs on ${data}`)
  })
})
