import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  createPartition,
  eventKey,
  type Body,
  type ConversionRow,
  type CreditRow,
  type Millis,
  type Outcome,
  type SessionRow,
  type StorefrontEvent,
} from '@cairn/domain'
import { createCodec, createVisitorCodec, noFaults, readCatalog, readDefinitions } from '@cairn/runtime'
import { decided, foldWhole, type Placeless } from '@cairn/testkit/domain'
import type { SegmentMessage } from '../../packages/cli/src/demo/segment.ts'
import { createMemoryOutbox } from '../../services/ingest/src/outbox/memory.ts'
import { createPipeline } from '../../services/ingest/src/pipeline.ts'

/** What became of messages: each event with the session it belongs to in the end, sessions and conversions as they stand. */
export interface Folded {
  readonly events: readonly { readonly event: StorefrontEvent; readonly sessionId: string }[]
  readonly sessions: readonly SessionRow[]
  readonly conversions: readonly ConversionRow[]
  readonly credits: readonly CreditRow[]
  /** How many events were recognised as sent before, with the same content and with another. */
  readonly duplicates: number
  readonly conflicts: number
  /** All that was put out, in the wire format, by the schema it is written under. */
  readonly written: Readonly<Record<WrittenSchema, readonly Buffer[]>>
}

export type WrittenSchema = 'labelled:1' | 'session' | 'conversion' | 'credit'

const codec = createCodec(readCatalog())

/** What the clients of a site send, or its servers, one after the other. */
export interface Part {
  readonly isServer: boolean
  readonly messages: readonly SegmentMessage[]
}

/**
 * Takes messages through ingest's pipeline, the wire and both folds of attribution under shipped definitions, without
 * servers: one partition, in this order of arrival, a millisecond apart, each event's verdict directly after it.
 *
 * @param definitions the name of a file in definitions/
 * @param fromServer messages of a server key, which arrive after the others
 *
 * @throws Error when a message is refused
 */
export function fold(
  messages: readonly SegmentMessage[],
  site: string,
  receivedAt: number,
  definitions = 'demo.yaml',
  fromServer: readonly SegmentMessage[] = [],
): Promise<Folded> {
  const parts = [
    { isServer: false, messages },
    { isServer: true, messages: fromServer },
  ]
  return foldParts(parts, site, receivedAt, definitions)
}

/** The same for messages of clients and servers by turns. */
export async function foldParts(
  parts: readonly Part[],
  site: string,
  receivedAt: number,
  definitions = 'demo.yaml',
): Promise<Folded> {
  const events = await eventsOf(parts, site, receivedAt)
  return foldEvents(events, (_, at) => receivedAt + at, definitionsIn(definitions))
}

/** The events of messages as a consumer of the log reads them, in this order. */
export async function eventsOf(
  parts: readonly Part[],
  site: string,
  receivedAt: number,
): Promise<readonly StorefrontEvent[]> {
  const events: StorefrontEvent[] = []
  for (const { isServer, messages } of parts)
    events.push(...(await onTheLog(messages, { site, server: isServer }, receivedAt)))
  return events
}

/** Definitions as JSON, and the place of the event that they come into force before. */
export interface Deploy {
  readonly at: number
  readonly json: string
}

/**
 * The same as `fold` for what is on the log, in this order.
 *
 * @param appendedAt append time of an event and its place, never falling
 * @param definitions as JSON, or several one after the other, which are numbered from 0
 * @param delay records between an order event and its verdicts
 */
export function foldEvents(
  events: readonly StorefrontEvent[],
  appendedAt: (event: StorefrontEvent, at: number) => Millis,
  definitions: string | readonly Deploy[],
  delay: number | (() => number) = 0,
): Folded {
  const partition = createPartition(createVisitorCodec(readCatalog()))
  const labelled: { event: StorefrontEvent; sessionId: string }[] = []
  const sessions = new Map<string, SessionRow>()
  const conversions = new Map<string, ConversionRow>()
  const credits = new Map<string, CreditRow>()
  const outcomes: Outcome[] = []
  const written: Record<WrittenSchema, Buffer[]> = { 'labelled:1': [], session: [], conversion: [], credit: [] }
  const deploys = typeof definitions === 'string' ? [{ at: 0, json: definitions }] : definitions
  for (const record of decided(recordsOf(events, appendedAt, deploys), delay)) {
    const { outputs, outcome } = foldWhole(partition, record)
    outcomes.push(outcome)
    for (const output of outputs) {
      if (output.kind === 'conversion') {
        conversions.set(output.row.conversion_id, output.row)
        written.conversion.push(codec.encode('conversion', output.row))
      }
      if (output.kind === 'credit') {
        credits.set(output.row.conversion_id, output.row)
        written.credit.push(codec.encode('credit', output.row))
      }
      if (output.kind === 'session') {
        sessions.set(output.row.session_id, output.row)
        written.session.push(codec.encode('session', output.row))
      }
      if (output.kind === 'labelled' && record.body.kind === 'event') {
        labelled.push({ event: record.body.event, sessionId: output.label.session_id ?? '' })
        written['labelled:1'].push(codec.prependLabel(codec.encodeEvent(record.body.event), 1, output.label))
      }
    }
  }
  const movedTo = (id: string): string => sessions.get(id)?.merged_into ?? id
  return {
    events: labelled.map(({ event, sessionId }) => ({ event, sessionId: movedTo(sessionId) })),
    sessions: [...sessions.values()].filter((row) => row.is_deleted === 0),
    conversions: [...conversions.values()].filter((row) => row.is_deleted === 0),
    credits: [...credits.values()].filter((row) => row.is_deleted === 0),
    duplicates: outcomes.filter((outcome) => outcome === 'duplicate').length,
    conflicts: outcomes.filter((outcome) => outcome === 'duplicate_conflict').length,
    written,
  }
}

/** Fewer than ingest takes at once. */
const BATCH = 1_000

/** The events as a consumer of the log reads them. */
async function onTheLog(
  messages: readonly SegmentMessage[],
  source: { readonly site: string; readonly server: boolean },
  receivedAt: number,
): Promise<StorefrontEvent[]> {
  const outbox = createMemoryOutbox()
  const writeKeys = new Map([['key', { ...source, defaultCurrency: '' }]])
  const ingest = createPipeline({ writeKeys, outbox, faults: noFaults, now: () => receivedAt })
  const request = { type: undefined, writeKey: 'key', address: '127.0.0.1', userAgent: '', country: '' }
  for (let at = 0; at < messages.length; at += BATCH) {
    const batch = messages.slice(at, at + BATCH)
    const answer = await ingest({ ...request, body: Buffer.from(JSON.stringify({ batch })) })
    if (answer.kind !== 'answered' || answer.refused.length > 0) {
      throw new Error(`not all messages are accepted: ${JSON.stringify(answer)}`)
    }
  }
  return outbox.shipments.flatMap(({ events }) => events.map((event) => decoded(codec.encodeEvent(event))))
}

function decoded(message: Buffer): StorefrontEvent {
  const read = codec.decode(message)
  if (read.ok && read.kind === 'event') return read.value
  throw new Error('an event does not decode as it was encoded')
}

/** The definitions of a file in definitions/, as they are deployed. */
export function definitionsIn(name: string): string {
  const file = resolve(import.meta.dirname, '..', '..', 'definitions', name)
  const definitions = readDefinitions(readFileSync(file, 'utf8'))
  if (!definitions.ok) throw new Error(`${file} is refused: ${JSON.stringify(definitions.problems)}`)
  return definitions.json
}

function recordsOf(
  events: readonly StorefrontEvent[],
  appendedAt: (event: StorefrontEvent, at: number) => Millis,
  deploys: readonly Deploy[],
): Placeless[] {
  const records = events.flatMap((event, at) => {
    const now = appendedAt(event, at)
    const due = [...deploys.entries()].filter(([, deploy]) => deploy.at === at)
    const changes = due.map(([number, { json }]) => placeless(now, { kind: 'definitions', number, json }))
    return [...changes, { key: eventKey(event), body: { kind: 'event', event } as const, appendedAt: now }]
  })
  return [...records, placeless(records.at(-1)?.appendedAt ?? 0, { kind: 'tick', flush_id: 'end', hold_ms: 0 })]
}

function placeless(appendedAt: Millis, body: Body): Placeless {
  return { key: '', body, appendedAt }
}
