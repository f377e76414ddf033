import { isbot } from 'isbot'
import { remembering } from './remembering.ts'

/** What a user agent string tells. */
export interface Agent {
  readonly is_bot: boolean
  /** desktop, mobile, tablet, or empty without a user agent. */
  readonly device: string
}

const unknownAgent: Agent = { is_bot: false, device: '' }

/** What the user agent tells; matching one against the bot patterns costs more than all else done to an event. */
export const agentOf = remembering((userAgent): Agent =>
  userAgent === '' ? unknownAgent : { is_bot: isbot(userAgent), device: deviceOf(userAgent) },
)

/** Android without "Mobile" is a tablet: that is how its browsers tell the two apart. */
function deviceOf(userAgent: string): string {
  if (/iPad|Tablet|PlayBook|Kindle|Silk\//i.test(userAgent)) return 'tablet'
  if (/Mobi|iPhone|iPod|Windows Phone|Opera Mini|BlackBerry/i.test(userAgent)) return 'mobile'
  return /Android/i.test(userAgent) ? 'tablet' : 'desktop'
}

/**
 * Whether the user agent of the HTTP request is the visitor's own. A browser's is, and so is a crawler's that names
 * itself; that of an HTTP library names the program which relays or imports events, and would mark them all as a bot's.
 */
export function isVisitorsAgent(userAgent: string): boolean {
  return /^(?:Mozilla|Opera)\/|bot\b|crawl|spider|\+https?:/i.test(userAgent)
}
