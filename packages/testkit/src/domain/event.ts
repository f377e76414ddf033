import type { StorefrontEvent } from '@cairn/domain'

const blank: StorefrontEvent = {
  received_at: 0,
  sent_at: null,
  event_time: 0,
  ip: '',
  content_hash: 0,
  event_id: '',
  site: 'shop',
  visitor_id: 'v1',
  user_id: '',
  type: 'track',
  name: '',
  source_name: '',
  is_server: false,
  is_bot: false,
  device_time: null,
  client_session_id: '',
  url: '',
  host: '',
  path: '',
  title: '',
  referrer: '',
  referrer_host: '',
  source: '',
  medium: '',
  campaign: '',
  term: '',
  content: '',
  click_id_name: '',
  click_id: '',
  user_agent: '',
  device: '',
  locale: '',
  country: '',
  consent: {},
  previous_id: '',
  group_id: '',
  order_id: '',
  value_minor: null,
  currency: '',
  coupon: '',
  properties: {},
}

/** An event with everything empty that a test does not speak of; visitor `v1` of site `shop`. */
export function buildEvent(fields: Partial<StorefrontEvent> & Pick<StorefrontEvent, 'event_id'>): StorefrontEvent {
  return { ...blank, ...fields }
}

/** The record key of an event, as ingest lays it out. */
export function keyOf(event: StorefrontEvent): string {
  return event.visitor_id === '' ? `${event.site}:~${event.event_id}` : `${event.site}:${event.visitor_id}`
}
