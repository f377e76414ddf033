import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ownIdentity } from '@cairn/stack'
import { runHere } from '../../../../test/support/command-line.ts'
import type { DataDriven } from '../attribute/attribute.ts'
import { writeInstance, type Instance } from '../instance/instance.ts'
import { attribute, attributionText } from './attribute.ts'

describe('what is printed of what was found', () => {
  const of = { computed_at: 2, since: 1, site: 'shop', goal: 'purchase', definitions_number: 1 } as const
  const channels = { ...of, steps_of: 'channel', journeys: 1234, converted: 50 } as const
  const micros = { ...of, steps_of: 'micro', journeys: 1, converted: 1 } as const

  const values = (conversions: number, low: number, high: number) => ({ conversions, low, high })
  const markov = (step: string, removal_effect: number) => ({ model: 'markov', step, removal_effect }) as const
  const shapley = (step: string) => ({ model: 'shapley', step, removal_effect: null }) as const

  const found: readonly DataDriven[] = [
    { ...channels, ...markov('Direct', 0.28), ...values(9.96, 2.27, 15.04) },
    { ...channels, ...markov('Paid Search', 0.3284), ...values(40.04, 30.7, 1000) },
    { ...channels, ...shapley('Direct'), ...values(11, 3.4, 16) },
    { ...channels, ...shapley('Paid Search'), ...values(39, 31, 48.1) },
    { ...micros, ...markov('cart', 1), ...values(1, 0, 2) },
    { ...micros, ...shapley('cart'), ...values(1, 0.5, 1.5) },
    { ...channels, site: 'blog', ...markov('Email', 0), ...values(0, 0, 0) },
    { ...channels, site: 'blog', ...shapley('Email'), ...values(0, 0, 0) },
    { ...channels, goal: 'lead', ...markov('Email', 1), ...values(50, 50, 50) },
    { ...channels, goal: 'lead', ...shapley('Email'), ...values(50, 50, 50) },
  ]

  it('is a table for each site, goal and kind of step, most conversions first, each model with its interval', () => {
    const [channel, micro, ...others] = attributionText(found).split('\n\n')
    expect(channel?.split('\n')).toEqual([
      'shop: purchase by channel, 50 conversions of 1234 journeys',
      '  Channel      Removal effect  Markov            95 %  Shapley          95 %',
      '  ───────────  ──────────────  ──────  ──────────────  ───────  ────────────',
      '  Paid Search          32.8 %    40.0  30.7 to 1000.0     39.0  31.0 to 48.1',
      '  Direct               28.0 %    10.0     2.3 to 15.0     11.0   3.4 to 16.0',
    ])
    expect(micro?.split('\n')).toEqual([
      'shop: purchase by micro, 1 conversion of 1 journey',
      '  Micro goal  Removal effect  Markov        95 %  Shapley        95 %',
      '  ──────────  ──────────────  ──────  ──────────  ───────  ──────────',
      '  cart               100.0 %     1.0  0.0 to 2.0      1.0  0.5 to 1.5',
    ])
    expect(others.map((other) => other.split('\n')[0])).toEqual([
      'blog: purchase by channel, 50 conversions of 1234 journeys',
      'shop: lead by channel, 50 conversions of 1234 journeys',
    ])
  })
})

describe('cairn attribute', () => {
  const dir = mkdtempSync(join(tmpdir(), 'cairn-attribute-'))
  beforeAll(() => {
    const clickhouse = { url: 'http://127.0.0.1:1', user: '', password: '', database: 'cairn' }
    writeInstance(dir, { owner: ownIdentity(), clickhouse } as Instance)
  })
  afterAll(() => {
    rmSync(dir, { recursive: true })
  })

  it('ends with 3 where ClickHouse does not answer', async () => {
    const { exit, out, err } = await runHere([attribute], ['attribute', '--data', dir])
    expect([exit, out]).toEqual([3, ''])
    expect(err).toMatch(/^cairn attribute: ClickHouse at http:\/\/127\.0\.0\.1:1 does not answer: .+\n$/)
  })

  it.each(['0', '-1', '1.5', 'two'])('refuses %s days as wrong usage', async (days) => {
    const { exit, out, err } = await runHere([attribute], ['attribute', '--data', dir, `--days=${days}`])
    expect([exit, out]).toEqual([2, ''])
    expect(err).toBe(`cairn attribute: --days must be a whole number from 1, not "${days}"\n`)
  })
})
