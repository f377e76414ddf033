import { clickIdNames } from '@cairn/domain'
import { textOf, type JsonObject } from './json.ts'

export interface Campaign {
  readonly source: string
  readonly medium: string
  readonly campaign: string
  readonly term: string
  readonly content: string
}

export interface ClickId {
  readonly click_id_name: string
  readonly click_id: string
}

const clickIdRank: ReadonlyMap<string, number> = new Map(clickIdNames.map((name, rank) => [name, rank]))

const utmNames: ReadonlySet<string> = new Set(['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content'])

/** What a page's query tells of the way to it: utm and click id parameters by name in lower case. */
export type Tags = ReadonlyMap<string, string>

const noTags: Tags = new Map()

/** Reads the query once; of a repeated parameter the first that is not empty counts. */
export function tagsOf(query: string): Tags {
  if (query === '') return noTags
  let tags: Map<string, string> | undefined
  for (let start = 0; start < query.length;) {
    const next = query.indexOf('&', start)
    const end = next < 0 ? query.length : next
    const equals = query.indexOf('=', start)
    if (equals > start && equals + 1 < end) {
      const name = query.slice(start, equals).toLowerCase()
      if ((utmNames.has(name) || clickIdRank.has(name)) && tags?.has(name) !== true)
        (tags ??= new Map<string, string>()).set(name, decoded(query.slice(equals + 1, end)))
    }
    start = end + 1
  }
  return tags ?? noTags
}

/**
 * The campaign an event names: `context.campaign` as a whole when it names anything, else the query's utm parameters.
 * The two are not mixed: a source of one with a medium of the other would be a campaign nobody ran.
 */
export function campaignOf(sent: JsonObject, tags: Tags): Campaign {
  const source = textOf(sent['source'])
  const medium = textOf(sent['medium'])
  const campaign = textOf(sent['name'])
  const term = textOf(sent['term'])
  const content = textOf(sent['content'])
  if (source || medium || campaign || term || content) return { source, medium, campaign, term, content }
  if (tags.size === 0) return none
  return {
    source: tags.get('utm_source') ?? '',
    medium: tags.get('utm_medium') ?? '',
    campaign: tags.get('utm_campaign') ?? '',
    term: tags.get('utm_term') ?? '',
    content: tags.get('utm_content') ?? '',
  }
}

/** The click id among the tags, by the order of `clickIdNames`. */
export function clickIdOf(tags: Tags): ClickId {
  let found = noClick
  let best = clickIdNames.length
  for (const [name, value] of tags) {
    const rank = clickIdRank.get(name) ?? best
    if (rank >= best) continue
    best = rank
    found = { click_id_name: name, click_id: value }
  }
  return found
}

const none: Campaign = { source: '', medium: '', campaign: '', term: '', content: '' }
const noClick: ClickId = { click_id_name: '', click_id: '' }

function decoded(value: string): string {
  if (!value.includes('%')) return value.includes('+') ? value.replaceAll('+', ' ') : value
  // decodeURIComponent throws on a broken escape; this parser leaves it as it is.
  return new URLSearchParams(`v=${value}`).get('v') ?? ''
}
