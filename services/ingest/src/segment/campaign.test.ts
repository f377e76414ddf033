import { describe, expect, it } from '@jest/globals'
import { campaignOf, clickIdOf, tagsOf } from './campaign.ts'

describe('the campaign', () => {
  const tags = tagsOf('utm_source=url&utm_medium=cpc&utm_campaign=Spring+Sale%21')

  it('is that of the context as a whole', () => {
    const campaign = { source: 'news', medium: '', campaign: 'Mail', term: '', content: '' }
    expect(campaignOf({ name: 'Mail', source: 'news' }, tags)).toEqual(campaign)
  })

  it('is that of the address where the context has none', () => {
    const campaign = { source: 'url', medium: 'cpc', campaign: 'Spring Sale!', term: '', content: '' }
    expect(campaignOf({ source: '', name: null }, tags)).toEqual(campaign)
  })

  it.each([
    ['utm_source=a&utm_source=b', 'a'],
    ['utm_source=&utm_source=b', 'b'],
    ['UTM_Source=a', 'a'],
    ['utm_source=a=b', 'a=b'],
    ['utm_source=100%', '100%'],
    ['utm_source=%E0%A4%A', '\ufffd%A'],
    ['&&=x&utm_source', ''],
    ['a&utm_source=b', 'b'],
    ['utm_source=caf%C3%A9+au+lait', 'café au lait'],
  ])('of ?%s has its source', (query, source) => {
    expect(campaignOf({}, tagsOf(query)).source).toBe(source)
  })
})

describe('the click id', () => {
  it.each([
    ['gad_source=1&gclid=a', 'gclid', 'a'],
    ['gclid=a&gad_source=1', 'gclid', 'a'],
    ['fbclid=f&msclkid=m', 'msclkid', 'm'],
    ['msclkid=m&fbclid=f', 'msclkid', 'm'],
    ['ScCid=S', 'sccid', 'S'],
    ['fbclid=f', 'fbclid', 'f'],
    ['gclid=', '', ''],
    ['', '', ''],
  ])('of ?%s is the most telling one', (query, click_id_name, click_id) => {
    expect(clickIdOf(tagsOf(query))).toEqual({ click_id_name, click_id })
  })
})
