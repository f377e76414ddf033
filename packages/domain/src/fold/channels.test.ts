import { describe, expect, it } from '@jest/globals'
import { FoldRun } from '@cairn/testkit/domain'

const T = 1_700_000_000_000
const MINUTE = 60_000

const definitions = {
  goals: [{ name: 'visit', kind: 'micro', match: { event: 'page_view' } }],
  channels: [{ name: 'Influencers', match: { medium: 'influencer' } }],
  sites: { outlet: { channels: [{ name: 'Partners', match: { medium: 'influencer' } }] }, plain: { channels: [] } },
}
const visit = { name: 'page_view', path: '/', source: 'ann', medium: 'influencer' }

describe("a shop's own channels", () => {
  it.each([
    ['s', 'Influencers'],
    ['outlet', 'Partners'],
    ['plain', 'Unassigned'],
  ])('name the channel of sessions and conversions: site %s has %s', (site, channel) => {
    const fold = new FoldRun()
    fold.define(T, definitions)
    const { conversions } = fold.event(T, { ...visit, event_id: 'a', site })
    expect(conversions).toMatchObject([{ channel, source: 'ann', medium: 'influencer' }])
    expect(fold.flush(T + 1).sessions).toMatchObject([{ channel, source: 'ann', medium: 'influencer' }])
  })

  it('follow the earliest event that tells an origin, also when it comes late: the conversion is written again', () => {
    const fold = new FoldRun()
    fold.define(T, definitions)
    const first = fold.event(T, { event_id: 'b', name: 'page_view', path: '/' })
    expect(first.conversions).toMatchObject([{ channel: 'Direct' }])
    const late = fold.event(T + 1, { ...visit, event_id: 'a', name: 'campaign', event_time: T - MINUTE })
    expect(late.conversions).toMatchObject([{ event_id: 'b', channel: 'Influencers' }])
  })

  it('hold from their deploy on, and leave the origins found before it', () => {
    const fold = new FoldRun()
    fold.define(T, { ...definitions, channels: [] })
    fold.event(T, { ...visit, event_id: 'a' })
    fold.define(T + 1, definitions)
    fold.event(T + 2, { ...visit, event_id: 'b', visitor_id: 'v2' })
    expect(
      fold
        .flush(T + 3)
        .sessions.map((row) => row.channel)
        .sort(),
    ).toEqual(['Influencers', 'Unassigned'])
  })
})
