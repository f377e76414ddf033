import { describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commonSettings, loadConfig, z } from './config.ts'

const load = (CAIRN_FAULT: string) => loadConfig(commonSettings, { KAFKA_BROKERS: 'localhost:9092', CAIRN_FAULT })

describe('CAIRN_FAULT', () => {
  it.each(['after-fence=kill', 'sink.in-insert=stop@12'])('takes %s', (text) => {
    expect(load(text)).toMatchObject({ ok: true, config: { CAIRN_FAULT: text } })
  })

  it.each(['after-fence', 'after-fense=kill', 'after-fence=explode', 'after-fence=kill@0', 'sinkXin-insert=kill'])(
    'refuses %s, which would never act',
    (text) => {
      expect(load(text)).toEqual({
        ok: false,
        problems: [expect.stringMatching(/^CAIRN_FAULT: ".*" must be <point>=/)],
      })
    },
  )
})

describe('a refusal', () => {
  const settings = {
    COUNT: z.coerce.number().int().min(1).max(9).describe('How many'),
    LEAST: z.coerce.number().int().min(5).default(5),
    LEVEL: z.enum(['low', 'high']).default('low'),
    PLACE: z.url().optional(),
    NAME: z
      .string()
      .regex(/^[a-z]+$/, 'must be lower case letters')
      .optional(),
  }

  it('names every setting at once, what was given and what is accepted', () => {
    const wrong = { COUNT: 'many', LEAST: '4', LEVEL: 'mid', PLACE: 'here', NAME: 'A' }
    expect(loadConfig(settings, wrong)).toEqual({
      ok: false,
      problems: [
        'COUNT: "many" must be a whole number from 1 to 9',
        'LEAST: "4" must be a whole number from 5',
        'LEVEL: "mid" must be one of low, high',
        'PLACE: "here" must be a URL',
        'NAME: "A" must be lower case letters',
      ],
    })
  })

  it('says of what is missing what it means', () => {
    expect(loadConfig(settings, {})).toEqual({ ok: false, problems: ['COUNT: is missing; how many'] })
  })

  it('names the file the value stands in', () => {
    const folder = mkdtempSync(join(tmpdir(), 'config-'))
    const file = join(folder, 'c.yaml')
    writeFileSync(file, 'COUNT: 10\nLEVEL: high\n')
    const loaded = loadConfig(settings, { CAIRN_CONFIG: file, LEVEL: 'mid' })
    rmSync(folder, { recursive: true })
    expect(loaded).toEqual({
      ok: false,
      problems: [
        `COUNT (in ${file}): "10" must be a whole number from 1 to 9`,
        'LEVEL: "mid" must be one of low, high',
      ],
    })
  })

  it('names the place of what cannot be told in the file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'config-'))
    const file = join(folder, 'c.yaml')
    writeFileSync(file, 'COUNT: 1\nLEVEL: low\nCOUNT: 2\n')
    const loaded = loadConfig(settings, { CAIRN_CONFIG: file })
    rmSync(folder, { recursive: true })
    expect(loaded).toEqual({ ok: false, problems: [`CAIRN_CONFIG: ${file}:3:1: this key is in the mapping twice`] })
  })

  it('writes no password of an address into the log', () => {
    const loaded = loadConfig({ PLACE: z.url({ protocol: /^https$/ }) }, { PLACE: 'http://u:secret@h' })
    expect(loaded).toEqual({ ok: false, problems: ['PLACE: "http://…@h" must be a URL'] })
  })
})
