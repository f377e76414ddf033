import { eventTime, parseTime, visitorOf, type Millis, type Refusal, type StorefrontEvent } from '@cairn/domain'
import type { Arrival, WriteKey } from './arrival.ts'
import { campaignOf, clickIdOf, tagsOf } from './campaign.ts'
import { clientOf } from './client.ts'
import { couponOf, moneyOf } from './commerce.ts'
import { isObject, objectOf, textOf, type JsonObject } from './json.ts'
import { shapeOf, shown, type Message } from './message.ts'
import { orderIdOf } from './order-id.ts'
import { pageOf } from './page.ts'
import { agreedTo, withoutIdentity } from './privacy.ts'
import { propertiesOf } from './properties.ts'
import { wellFormedEvent } from './well-formed.ts'

export type Verdict =
  { readonly ok: true; readonly event: StorefrontEvent } | { readonly ok: false; readonly refusal: Refusal }

/** Turns one message of a Segment call into the event it reports, or says why it is refused. */
export function toEvent(sent: unknown, arrival: Arrival, key: WriteKey): Verdict {
  const shaped = shapeOf(sent, arrival.type)
  if (!shaped.ok) return shaped
  const times = timesOf(shaped.message, arrival)
  if (!times.ok) return times
  const event = eventOf(shaped.message, arrival, times, key)
  return { ok: true, event: arrival.hasEscapes ? wellFormedEvent(event) : event }
}

interface Times {
  readonly ok: true
  readonly event_time: Millis
  readonly device_time: Millis | null
  readonly sent_at: Millis | null
}

function timesOf(message: Message, arrival: Arrival): Times | Extract<Verdict, { ok: false }> {
  const deviceTime = optionalTime(message.timestamp)
  if (deviceTime === undefined) return badTime('timestamp', message.timestamp)
  const sentAt = optionalTime(message.sentAt ?? arrival.sentAt)
  if (sentAt === undefined) return badTime('sentAt', message.sentAt ?? arrival.sentAt)
  const happened = eventTime({ receivedAt: arrival.receivedAt, sentAt, deviceTime })
  if (happened >= 0) return { ok: true, event_time: happened, device_time: deviceTime, sent_at: sentAt }
  return { ok: false, refusal: { reason: 'bad_time', message: 'the event happened before 1970' } }
}

/** Null when absent, undefined when unreadable. */
function optionalTime(sent: unknown): Millis | null | undefined {
  return sent === undefined || sent === null ? null : parseTime(sent)
}

function badTime(field: string, sent: unknown): Extract<Verdict, { ok: false }> {
  const message = `"${field}" must be an ISO 8601 time such as 2026-01-31T09:30:00.000Z; got ${shown(sent)}`
  return { ok: false, refusal: { reason: 'bad_time', message } }
}

function contextOf(message: Message, arrival: Arrival): JsonObject {
  return isObject(arrival.context) ? { ...arrival.context, ...message.context } : message.context
}

function eventOf(message: Message, arrival: Arrival, times: Times, key: WriteKey): StorefrontEvent {
  const { properties, type } = message
  const context = contextOf(message, arrival)
  const client = clientOf(context, arrival, key.server)
  const consent = agreedTo(message.context, objectOf(arrival.context)['consent'])
  const { url, host, path, title, referrer, referrer_host, query } = pageOf(
    objectOf(context['page']),
    type === 'page' ? properties : {},
  )
  const tags = tagsOf(query)
  const { source, medium, campaign, term, content } = campaignOf(objectOf(context['campaign']), tags)
  const { click_id_name, click_id } = clickIdOf(tags)
  const { value_minor, currency } = moneyOf(message.name, properties, key.defaultCurrency)
  const event: StorefrontEvent = {
    received_at: arrival.receivedAt,
    sent_at: times.sent_at,
    event_time: times.event_time,
    ip: client.ip,
    content_hash: 0,
    event_id: message.messageId || arrival.newId(),
    site: key.site,
    visitor_id: visitorOf(message),
    user_id: message.userId,
    type,
    name: message.name,
    source_name: message.sourceName,
    is_server: key.server,
    is_bot: client.agent.is_bot,
    device_time: times.device_time,
    client_session_id: textOf(context['sessionId']),
    url,
    host,
    path,
    title,
    referrer,
    referrer_host,
    source,
    medium,
    campaign,
    term,
    content,
    click_id_name,
    click_id,
    user_agent: client.userAgent,
    device: client.agent.device,
    locale: textOf(context['locale']),
    country: client.country,
    consent: consent.categories,
    previous_id: message.previousId,
    group_id: message.groupId,
    order_id: orderIdOf(properties),
    value_minor,
    currency,
    coupon: couponOf(properties),
    properties: propertiesOf(properties),
  }
  return consent.analytics ? event : withoutIdentity(event)
}
