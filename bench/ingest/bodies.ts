import { browsersUntil, type Traffic } from '../fixture/traffic.ts'

const messageBytes = 1024

/** Bodies of `POST /v1/batch`: messages of 1 KB, as an analytics.js client sends them; property `place` numbers them. */
export function batchBodies(traffic: Traffic, batchSize: number): Buffer[] {
  const bodies: Buffer[] = []
  for (let from = 0; from < traffic.length; from += batchSize) {
    const size = Math.min(batchSize, traffic.length - from)
    const messages = Array.from({ length: size }, (_, i) => JSON.stringify(messageOf(traffic, from + i)))
    bodies.push(Buffer.from(`{"sentAt":"${sentAt}","batch":[${messages.join(',')}]}`))
  }
  return bodies
}

const sentAt = new Date(browsersUntil).toISOString()

function messageOf(traffic: Traffic, place: number): object {
  const event = traffic.at(place)
  const details: Record<string, unknown> = {
    place,
    ...event.properties,
    ...(event.order_id === '' ? {} : { order_id: event.order_id, revenue: (event.value_minor ?? 0) / 100 }),
    ...(event.currency === '' ? {} : { currency: event.currency }),
  }
  const call =
    event.type === 'identify'
      ? { type: 'identify', traits: details }
      : { type: 'track', event: event.name, properties: details }
  const message = {
    ...call,
    messageId: event.event_id,
    anonymousId: event.visitor_id,
    ...(event.user_id === '' ? {} : { userId: event.user_id }),
    timestamp: new Date(event.event_time).toISOString(),
    context: {
      page: { url: event.url, path: event.path, title: event.title, referrer: event.referrer },
      userAgent: event.user_agent,
      locale: event.locale,
      library: { name: 'analytics.js', version: '4.1.0' },
    },
  }
  // A product description brings every message to the same size.
  const missing = messageBytes - Buffer.byteLength(JSON.stringify(message)) - '"description":"",'.length
  if (missing > 0) details['description'] = text.slice(0, missing)
  return message
}

const text =
  'A light running shoe with a breathable upper and a cushioned sole for long days in town and on the road. '.repeat(10)
