/** Sites and keys share one text, so a site's name must end where the colon is. */
export const sitePattern = /^[A-Za-z0-9_.-]{1,64}$/

/**
 * The visitor an event belongs to: the anonymous id, else the user under `u:`, else nobody (''). Without analytics
 * consent nobody either, whatever was sent.
 */
export function visitorOf(ids: {
  readonly anonymousId: string
  readonly userId: string
  readonly analytics: boolean
}): string {
  if (!ids.analytics) return ''
  if (ids.anonymousId !== '') return ids.anonymousId
  return ids.userId === '' ? '' : `u:${ids.userId}`
}

/**
 * The key of an event's record: all events of one visitor meet in one partition. A sessionless event has a key of its
 * own, which spreads them evenly and still brings its repetition to the same place.
 */
export function eventKey(event: {
  readonly site: string
  readonly visitor_id: string
  readonly event_id: string
}): string {
  return event.visitor_id === '' ? `${event.site}:~${event.event_id}` : `${event.site}:${event.visitor_id}`
}
