import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { SegmentMessage } from '../../packages/cli/src/demo/segment.ts'
import { fold } from './folded.ts'

/** What a client sends: a track call by its name, or a page call by its address. */
export interface Sent {
  readonly event?: string
  readonly url?: string
  readonly title?: string
  readonly properties?: Readonly<Record<string, unknown>>
}

export const page = (path: string): Sent => ({ url: `https://shop.example${path}` })

export const receivedAt = Date.parse('2026-11-01T12:00:00Z')

/** A message of a visitor of its own, so that its conversions can be told from those of the others. */
export function messageOf(sent: Sent, visitor: string): SegmentMessage {
  const address = new URL(sent.url ?? 'https://shop.example/p/oak')
  return {
    type: sent.event === undefined || sent.event === 'page_view' ? 'page' : 'track',
    messageId: visitor,
    anonymousId: visitor,
    ...(sent.event === undefined ? {} : { event: sent.event }),
    properties: sent.properties ?? {},
    context: { page: { url: address.href, path: address.pathname, title: sent.title ?? '' } },
    timestamp: new Date(receivedAt).toISOString(),
  }
}

/** The goals that each message alone reaches, joined; and what the conversions and events look like. */
export async function reached(sent: readonly Sent[], definitions: string) {
  const messages = sent.map((one, at) => messageOf(one, `visitor-${at}`))
  const folded = await fold(messages, 'shop', receivedAt, definitions)
  const goals = messages.map(({ anonymousId }) => {
    const own = folded.conversions.filter(({ visitor_id }) => visitor_id === anonymousId)
    return own.map(({ goal }) => goal).join(', ')
  })
  return { goals, folded }
}

export function declaredIn(definitions: string): string[] {
  const text = readFileSync(resolve(import.meta.dirname, '..', '..', 'definitions', definitions), 'utf8')
  return distinct([...text.matchAll(/^ {2}- name: (\w+)/gm)].map(([, name]) => String(name)))
}

export function distinct(goals: readonly string[]): string[] {
  return [...new Set(goals)].filter(Boolean).sort()
}
