import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { agentOf, relayedAgentOf } from './agent.ts'

const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64'
const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0'

describe('the device of a user agent', () => {
  it.each([
    [`${windows}) ${chrome} Safari/537.36`, 'desktop'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0', 'desktop'],
    [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${chrome} Safari/537.36`, 'desktop'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148 Safari/604.1', 'mobile'],
    [`Mozilla/5.0 (Linux; Android 10; K) ${chrome} Mobile Safari/537.36`, 'mobile'],
    ['Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/UQ1A.240205.002)', 'mobile'],
    ['Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/29.3417; U; en) Presto/2.8.119 Version/11.10', 'mobile'],
    [`Mozilla/5.0 (Linux; Android 10; K) ${chrome} Safari/537.36`, 'tablet'],
    ['Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148', 'tablet'],
    ['Mozilla/5.0 (Android 14; Tablet; rv:144.0) Gecko/144.0 Firefox/144.0', 'tablet'],
    ['Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) TV Safari/537.36', 'tv'],
    [`Mozilla/5.0 (Linux; Android 9; AFTMM Build/PS7233; wv) ${chrome} Mobile Safari/537.36`, 'tv'],
    ['Mozilla/5.0 (PlayStation; PlayStation 5/6.50) AppleWebKit/605.1.15 (KHTML, like Gecko)', 'console'],
    [`${windows}; Xbox; Xbox Series X) ${chrome} Safari/537.36`, 'console'],
    [`Mozilla/5.0 (Linux; Android 11; SM-R870) ${chrome} Mobile Safari/537.36`, 'wearable'],
    ['curl/8.1', ''],
    ['Shop/12 CFNetwork/1496.0.7 Darwin/23.5.0', ''],
    ['', ''],
  ])('%j is %j', (userAgent, device) => {
    expect(agentOf(userAgent).device).toBe(device)
  })
})

describe('a server that names the agent of an opened mail', () => {
  const google = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)'
  it.each([google, 'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html', 'Mozilla/5.0'])(
    'means no bot by %j, nor any device, which a browser would',
    (userAgent) => {
      expect(relayedAgentOf(userAgent)).toEqual({ is_bot: false, device: '' })
      expect(agentOf(userAgent).is_bot).toBe(true)
    },
  )

  it('means a bot by one that names itself', () => {
    expect(relayedAgentOf('Googlebot/2.1 (+http://www.google.com/bot.html)').is_bot).toBe(true)
  })
})

describe('bots', () => {
  it.each([`${windows}) ${chrome} Safari/537.36`, 'Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8)', ''])(
    'are none of %j',
    (userAgent) => {
      expect(agentOf(userAgent).is_bot).toBe(false)
    },
  )

  const file = join(process.env['CAIRN_DATA'] ?? '../shared/data', 'crawler-user-agents/crawler-user-agents.json')
  const whenPublished = existsSync(file) ? it : it.skip
  whenPublished(`are recognised, 995 of 1,000 that are published (skipped without ${file})`, () => {
    const published = JSON.parse(readFileSync(file, 'utf8')) as { readonly instances: readonly string[] }[]
    const agents = published.flatMap(({ instances }) => instances)
    const missed = agents.filter((userAgent) => !agentOf(userAgent).is_bot)
    process.stdout.write(
      `bots recognised: ${agents.length - missed.length} of ${agents.length}, but not\n${missed.join('\n')}\n`,
    )
    expect(agents.length).toBeGreaterThan(2000)
    expect(missed.length / agents.length).toBeLessThan(0.005)
  })
})
