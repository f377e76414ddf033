import {
  consentOf,
  cutAddress,
  eventTime,
  parseTime,
  visitorOf,
  type Consent,
  type Millis,
  type Refusal,
  type StorefrontEvent,
} from '@cairn/domain'
import { agentOf, isVisitorsAgent } from './agent.ts'
import type { Arrival } from './arrival.ts'
import { campaignOf, clickIdOf } from './campaign.ts'
import { couponOf, moneyOf, orderIdOf } from './commerce.ts'
import { objectOf, textOf, type JsonObject } from './json.ts'
import { shapeOf, type Message } from './message.ts'
import { pageOf } from './page.ts'
import { propertiesWithoutClickIds, withoutClickIds } from './privacy.ts'
import { propertiesOf } from './properties.ts'

export type Verdict =
  { readonly ok: true; readonly event: StorefrontEvent } | { readonly ok: false; readonly refusal: Refusal }

/** Turns one message of a Segment call into the event it reports, or says why it is refused. */
export function toEvent(sent: unknown, arrival: Arrival): Verdict {
  const shaped = shapeOf(sent, arrival.type)
  if (!shaped.ok) return shaped
  const times = timesOf(shaped.message, arrival)
  if (!times.ok) return times
  const context = contextOf(shaped.message, arrival)
  const event = eventOf(shaped.message, context, times, arrival)
  const consent = consentOf(context['consent'])
  return { ok: true, event: withConsent(event, consent) }
}

interface Times {
  readonly ok: true
  readonly event_time: Millis
  readonly device_time: Millis | null
  readonly sent_at: Millis | null
}

function timesOf(message: Message, arrival: Arrival): Times | Extract<Verdict, { ok: false }> {
  const deviceTime = optionalTime(message.timestamp)
  if (deviceTime === undefined) return badTime('timestamp')
  const sentAt = optionalTime(message.sentAt ?? arrival.sentAt)
  if (sentAt === undefined) return badTime('sentAt')
  const happened = eventTime({ receivedAt: arrival.receivedAt, sentAt, deviceTime })
  if (happened >= 0) return { ok: true, event_time: happened, device_time: deviceTime, sent_at: sentAt }
  return { ok: false, refusal: { reason: 'bad_time', message: 'the event happened before 1970' } }
}

/** Null when absent, undefined when unreadable. */
function optionalTime(sent: unknown): Millis | null | undefined {
  return sent === undefined || sent === null ? null : parseTime(sent)
}

function badTime(field: string): Extract<Verdict, { ok: false }> {
  const message = `"${field}" must be an ISO 8601 time such as 2026-01-31T09:30:00.000Z`
  return { ok: false, refusal: { reason: 'bad_time', message } }
}

function contextOf(message: Message, arrival: Arrival): JsonObject {
  const shared = objectOf(arrival.context)
  return arrival.context === undefined ? message.context : { ...shared, ...message.context }
}

function eventOf(message: Message, context: JsonObject, times: Times, arrival: Arrival): StorefrontEvent {
  const { properties, type } = message
  const page = pageOf(objectOf(context['page']), type === 'page' ? properties : {})
  const userAgent = userAgentOf(context, arrival)
  const agent = agentOf(userAgent)
  const campaign = campaignOf(objectOf(context['campaign']), page.query)
  const clickId = clickIdOf(page.query)
  const money = moneyOf(message.name, properties, arrival.key.defaultCurrency)
  return {
    received_at: arrival.receivedAt,
    sent_at: times.sent_at,
    event_time: times.event_time,
    ip: cutAddress(addressOf(context, arrival)),
    content_hash: 0,
    event_id: message.messageId === '' ? arrival.newId() : message.messageId,
    site: arrival.key.site,
    visitor_id: visitorOf({ anonymousId: message.anonymousId, userId: message.userId, analytics: true }),
    user_id: message.userId,
    type,
    name: message.name,
    source_name: message.sourceName,
    is_server: arrival.key.server,
    is_bot: agent.is_bot,
    device_time: times.device_time,
    client_session_id: textOf(context['sessionId']),
    url: page.url,
    host: page.host,
    path: page.path,
    title: page.title,
    referrer: page.referrer,
    referrer_host: page.referrer_host,
    source: campaign.source,
    medium: campaign.medium,
    campaign: campaign.campaign,
    term: campaign.term,
    content: campaign.content,
    click_id_name: clickId.click_id_name,
    click_id: clickId.click_id,
    user_agent: userAgent,
    device: agent.device,
    locale: textOf(context['locale']),
    country: countryOf(context, arrival),
    consent: {},
    previous_id: message.previousId,
    group_id: message.groupId,
    order_id: orderIdOf(properties),
    value_minor: money.value_minor,
    currency: money.currency,
    coupon: couponOf(properties),
    properties: propertiesOf(properties),
  }
}

/** The event as it may be kept: without analytics consent nothing that leads back to the person who caused it. */
function withConsent(event: StorefrontEvent, consent: Consent): StorefrontEvent {
  if (consent.analytics) return { ...event, consent: consent.categories }
  return {
    ...event,
    consent: consent.categories,
    visitor_id: '',
    user_id: '',
    previous_id: '',
    client_session_id: '',
    ip: '',
    click_id_name: '',
    click_id: '',
    url: withoutClickIds(event.url),
    referrer: withoutClickIds(event.referrer),
    properties: event.type === 'identify' ? {} : propertiesWithoutClickIds(event.properties),
  }
}

function userAgentOf(context: JsonObject, { key, userAgent }: Arrival): string {
  const named = textOf(context['userAgent'])
  if (named !== '') return named
  return !key.server && isVisitorsAgent(userAgent) ? userAgent : ''
}

/** A server's own address says nothing of the visitor, so a server key's events have only the one they name. */
function addressOf(context: JsonObject, { key, address }: Arrival): string {
  const named = textOf(context['ip'])
  return named === '' && !key.server ? address : named
}

/** Two letters other than XX, which proxies send for an unknown country. */
function countryOf(context: JsonObject, arrival: Arrival): string {
  const named = textOf(objectOf(context['location'])['country'])
  const country = (named === '' && !arrival.key.server ? arrival.country : named).toUpperCase()
  return /^[A-Z]{2}$/.test(country) && country !== 'XX' ? country : ''
}
