import { isbot } from 'isbot'
import { UAParser } from 'ua-parser-js'
import { remembering } from './remembering.ts'

/** What a user agent string tells. */
export interface Agent {
  readonly is_bot: boolean
  /** desktop, mobile, tablet, tv, console, wearable, embedded, or empty where the user agent tells none. */
  readonly device: string
}

const unknownAgent: Agent = { is_bot: false, device: '' }

/** What the user agent tells; matching one against the bot patterns costs more than all else done to an event. */
export const agentOf = remembering((userAgent): Agent =>
  userAgent === '' ? unknownAgent : { is_bot: isbot(userAgent), device: deviceOf(userAgent) },
)

/**
 * The parser's device type, for which it names what is no common computer. Without one a browser is on a desktop, save
 * those of old phones; a program (`curl/8.1`, an app that says no more than its name) tells no device.
 */
function deviceOf(userAgent: string): string {
  const type = new UAParser(userAgent).getDevice().type
  if (type !== undefined) return type === 'smarttv' ? 'tv' : type
  if (/Mobi|Opera Mini/.test(userAgent)) return 'mobile'
  return /^(?:Mozilla|Opera)\//.test(userAgent) ? 'desktop' : ''
}

/**
 * What the user agent tells that a server sends. Mail programs load a mail's pictures through their makers' proxies
 * (Google's, Yahoo's, Apple's that says no more than this): a person is behind them, on a device that nobody names.
 */
export function relayedAgentOf(userAgent: string): Agent {
  return /GoogleImageProxy|YahooMailProxy|^Mozilla\/5\.0$/.test(userAgent) ? unknownAgent : agentOf(userAgent)
}

/**
 * Whether the user agent of the HTTP request is the visitor's own. A browser's is, and so is a crawler's that names
 * itself; that of an HTTP library names the program which relays or imports events, and would mark them all as a bot's.
 */
export function isVisitorsAgent(userAgent: string): boolean {
  return /^(?:Mozilla|Opera)\/|bot\b|crawl|spider|\+https?:/i.test(userAgent)
}
