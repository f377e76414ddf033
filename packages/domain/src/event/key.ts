/** Sites and keys share one text, so a site's name must end where the colon is. */
export const sitePattern = /^[A-Za-z0-9_.-]{1,64}$/

/** The visitor a message speaks of: its anonymous id, else its user under `u:`, else nobody (''). */
export function visitorOf(message: { readonly anonymousId: string; readonly userId: string }): string {
  if (message.anonymousId !== '') return message.anonymousId
  return message.userId === '' ? '' : `u:${message.userId}`
}

const [tilde, backslash] = [126, 92]

/**
 * The key of an event's record: all events of one visitor meet in one partition. An event of nobody has a key of its
 * own, which spreads them evenly and still brings its repetition to the same place. A `\` before a visitor that begins
 * with `~` or `\` keeps the two apart: anybody may call himself what is the key of somebody's event.
 */
export function eventKey(event: {
  readonly site: string
  readonly visitor_id: string
  readonly event_id: string
}): string {
  const { site, visitor_id } = event
  if (visitor_id === '') return `${site}:~${event.event_id}`
  const first = visitor_id.charCodeAt(0)
  return first === tilde || first === backslash ? `${site}:\\${visitor_id}` : `${site}:${visitor_id}`
}
