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

/**
 * Names of the query parameters advertisers and mail tools add, the most telling first: of an address with several,
 * the paid network's id counts before those any link carries (fbclid, igshid), and a mere hint (gclsrc, gad_source)
 * comes last.
 */
export const clickIdNames: readonly string[] = [
  'gclid',
  'dclid',
  'gbraid',
  'wbraid',
  'msclkid',
  'ttclid',
  'twclid',
  'li_fat_id',
  'rdt_cid',
  'epik',
  'qclid',
  'sccid',
  'irclid',
  'fbclid',
  'igshid',
  'mc_cid',
  '_kx',
  'gclsrc',
  'gad_source',
]

const clickIdRank: ReadonlyMap<string, number> = new Map(clickIdNames.map((name, rank) => [name, rank]))

const none: Campaign = { source: '', medium: '', campaign: '', term: '', content: '' }
const noClick: ClickId = { click_id_name: '', click_id: '' }

/**
 * The campaign an event names: `context.campaign` as a whole when it names anything, else the query's utm parameters.
 * The two are not mixed: a source of one with a medium of the other would be a campaign nobody ran.
 */
export function campaignOf(sent: JsonObject, query: string): Campaign {
  const named: Campaign = {
    source: textOf(sent['source']),
    medium: textOf(sent['medium']),
    campaign: textOf(sent['name']),
    term: textOf(sent['term']),
    content: textOf(sent['content']),
  }
  if (Object.values(named).some((value) => value !== '')) return named
  if (!query.includes('utm_') && !query.includes('UTM_')) return none
  const utm = parametersOf(query)
  return {
    source: utm.get('utm_source') ?? '',
    medium: utm.get('utm_medium') ?? '',
    campaign: utm.get('utm_campaign') ?? '',
    term: utm.get('utm_term') ?? '',
    content: utm.get('utm_content') ?? '',
  }
}

/** The click id of the query, by the order of `clickIdNames`. */
export function clickIdOf(query: string): ClickId {
  if (query === '') return noClick
  let found = noClick
  let best = clickIdNames.length
  for (const [name, value] of parametersOf(query)) {
    const rank = clickIdRank.get(name)
    if (rank === undefined || rank >= best) continue
    best = rank
    found = { click_id_name: name, click_id: value }
  }
  return found
}

/** Parameters by name in lower case; of a repeated one the first that is not empty. */
function parametersOf(query: string): Map<string, string> {
  const parameters = new Map<string, string>()
  for (const pair of query.split('&')) {
    const at = pair.indexOf('=')
    if (at < 1) continue
    const name = pair.slice(0, at).toLowerCase()
    if (!parameters.has(name) && at + 1 < pair.length) parameters.set(name, decoded(pair.slice(at + 1)))
  }
  return parameters
}

function decoded(value: string): string {
  if (!value.includes('%')) return value.replaceAll('+', ' ')
  // decodeURIComponent throws on a broken escape; this parser leaves it as it is.
  return new URLSearchParams(`v=${value}`).get('v') ?? ''
}
