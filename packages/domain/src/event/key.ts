/** Sites and keys share one text, so a site's name must end where the colon is. */
export const sitePattern = /^[A-Za-z0-9_.-]{1,64}$/

/** What tells whose a message is; absent texts are empty. */
export interface Sender {
  /** The call: track, page, screen, identify, alias or group. */
  readonly type: string
  readonly anonymousId: string
  readonly userId: string
  readonly previousId: string
}

/**
 * The visitor a message speaks of: its anonymous id, else its user under `u:`, else nobody (''). An alias says that its
 * former id is its user, so without an anonymous id it speaks of the former id: under the user, the visitor who had that
 * id would never learn of it.
 */
export function visitorOf(message: Sender): string {
  if (message.anonymousId !== '') return message.anonymousId
  if (message.type === 'alias' && message.previousId !== '') return message.previousId
  return message.userId === '' ? '' : `u:${message.userId}`
}

const [colon, backslash, tilde] = [58, 92, 126]

/**
 * The key of an event's record: all events of one visitor meet in one partition. An event of nobody has a key of its
 * own, which spreads them evenly and still brings its repetition to the same place. A `\` before a visitor that begins
 * with `~` or `\` keeps the two apart: anybody may call himself what is the key of somebody's event.
 */
export function eventKey(event: Keyed): string {
  const { site, visitor_id } = event
  if (visitor_id === '') return `${site}:~${event.event_id}`
  return isQuoted(visitor_id) ? `${site}:\\${visitor_id}` : `${site}:${visitor_id}`
}

/** Whether `key` is that of the event. Asked of each event: nearly all are told without making theirs. */
export function isKeyOf(key: string, event: Keyed): boolean {
  const { site, visitor_id } = event
  if (visitor_id === '' || isQuoted(visitor_id)) return key === eventKey(event)
  const isAsLong = key.length === site.length + 1 + visitor_id.length
  return isAsLong && key.charCodeAt(site.length) === colon && key.startsWith(site) && key.endsWith(visitor_id)
}

interface Keyed {
  readonly site: string
  readonly visitor_id: string
  readonly event_id: string
}

function isQuoted(visitorId: string): boolean {
  const first = visitorId.charCodeAt(0)
  return first === tilde || first === backslash
}
