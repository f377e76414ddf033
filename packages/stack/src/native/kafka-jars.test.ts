import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kafkaJars } from './kafka-jars.ts'

describe('fetching Kafka', () => {
  let dir: string
  let cache: string
  let env: { PATH: string }

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'cairn-jars-'))
    cache = join(dir, 'cache')
    env = { PATH: `${join(dir, 'bin')}:/usr/bin:/bin` }
    mkdirSync(join(dir, 'bin'))
  })

  afterEach(() => {
    rmSync(dir, { recursive: true })
  })

  /** Puts a Maven in the path that runs `script` with the folder for the jars in `$out`. */
  function maven(script: string): void {
    const program = join(dir, 'bin', 'mvn')
    writeFileSync(
      program,
      `#!/bin/sh\nfor a; do case $a in -DoutputDirectory=*) out=\${a#*=};; esac; done\n${script}\n`,
    )
    chmodSync(program, 0o755)
  }

  it('leaves the complete folder under its name', async () => {
    maven('touch $out/kafka_2.13-4.3.1.jar')
    expect(await kafkaJars(env, cache)).toEqual({ ok: true, jars: join(cache, 'kafka-4.3.1') })
    expect(readdirSync(cache)).toEqual(['kafka-4.3.1'])
  })

  it('is done once', async () => {
    maven('touch $out/kafka_2.13-4.3.1.jar')
    await kafkaJars(env, cache)
    maven('exit 1')
    expect((await kafkaJars(env, cache)).ok).toBe(true)
  })

  it('that fails is refused with what Maven said, and leaves nothing', async () => {
    maven('touch $out/kafka_2.13-4.3.1.jar; echo "[ERROR] Could not transfer artifact"; exit 1')
    const result = await kafkaJars(env, cache)
    expect(result).toMatchObject({ ok: false, reason: 'download-failed' })
    expect(!result.ok && result.message).toContain('Could not transfer artifact')
    expect(readdirSync(cache)).toEqual([])
  })

  it('clears away what an interrupted download left', async () => {
    // No process has this number: it is above the largest the kernel gives.
    mkdirSync(join(cache, 'kafka-4.3.1.partial-4194305'), { recursive: true })
    maven('touch $out/kafka_2.13-4.3.1.jar')
    await kafkaJars(env, cache)
    expect(readdirSync(cache)).toEqual(['kafka-4.3.1'])
  })

  it('without Maven is refused with the ways out', async () => {
    const result = await kafkaJars({ PATH: join(dir, 'bin') }, cache)
    expect(result).toMatchObject({
      ok: false,
      reason: 'prerequisite-missing',
      message: expect.stringContaining('install Maven'),
    })
  })
})
