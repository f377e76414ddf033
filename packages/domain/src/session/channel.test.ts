import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { channelOf } from './channel.ts'

describe('channels', () => {
  it.each([
    ['(direct)', '(none)', '', 'Direct'],
    ['google', 'CPC', '', 'Paid Search'],
    ['google', 'cpm', '', 'Paid Search'],
    ['elsewhere', 'cpm', '', 'Display'],
    ['elsewhere', 'cpc', '', 'Paid Other'],
    ['elsewhere', 'paid-x', 'summer_shopping', 'Paid Shopping'],
    ['elsewhere', '', 'workshop', 'Unassigned'],
    ['elsewhere', '', 'eshop', 'Organic Shopping'],
    ['chatgpt.com', '', '', 'AI Assistant'],
    ['chatgpt.com', 'referral', '', 'AI Assistant'],
    ['chatgpt.com', 'app', '', 'AI Assistant'],
    ['chatgpt.com', 'link', '', 'AI Assistant'],
    ['chatgpt.com', 'email', '', 'Email'],
    ['chatgpt.com', 'cpc', '', 'Paid Other'],
    ['elsewhere', 'ai-assistant', '', 'AI Assistant'],
    ['Facebook', '', '', 'Organic Social'],
    ['x', 'online_video', '', 'Organic Video'],
    ['x', 'mobile_app', '', 'Mobile Push Notifications'],
    ['', '', '', 'Unassigned'],
  ])('source %j, medium %j, campaign %j: %s', (source, medium, campaign, expected) => {
    expect(channelOf({ source, medium, campaign })).toBe(expected)
  })

  const published = join(process.env['CAIRN_DATA'] ?? '../shared/data', 'channel-cases/default_channel_grouping.json')
  const whenPublished = existsSync(published) ? it : it.skip
  whenPublished(`agree with the published cases (skipped without ${published})`, () => {
    const cases = JSON.parse(readFileSync(published, 'utf8')) as Record<string, string>[]
    for (const { source = '', medium = '', campaign = '', expected_channel } of cases) {
      // The published case predates Google's rule that a shopping site without a medium is organic.
      const expected = source === 'alibaba' && medium === '' ? 'Organic Shopping' : expected_channel
      expect({ source, medium, campaign, channel: channelOf({ source, medium, campaign }) }).toEqual({
        source,
        medium,
        campaign,
        channel: expected,
      })
    }
  })
})
