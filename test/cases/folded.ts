import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  createPartition,
  eventKey,
  type Body,
  type ConversionRow,
  type LogRecord,
  type Outcome,
  type SessionRow,
  type StorefrontEvent,
} from '@cairn/domain'
import { createCodec, createVisitorCodec, noFaults, readCatalog, readDefinitions } from '@cairn/runtime'
import { foldWhole } from '@cairn/testkit/domain'
import type { SegmentMessage } from '../../packages/cli/src/demo/segment.ts'
import { createMemoryOutbox } from '../../services/ingest/src/outbox/memory.ts'
import { createPipeline } from '../../services/ingest/src/pipeline.ts'

/** What became of messages: each event with the session it belongs to in the end, sessions and conversions as they stand. */
export interface Folded {
  readonly events: readonly { readonly event: StorefrontEvent; readonly sessionId: string }[]
  readonly sessions: readonly SessionRow[]
  readonly conversions: readonly ConversionRow[]
  /** How many events were recognised as sent before, with the same content and with another. */
  readonly duplicates: number
  readonly conflicts: number
  /** All that was put out, in the wire format, by the schema it is written under. */
  readonly written: Readonly<Record<WrittenSchema, readonly Buffer[]>>
}

export type WrittenSchema = 'labelled:1' | 'session' | 'conversion' | 'credit'

const codec = createCodec(readCatalog())

/**
 * Takes messages through ingest's pipeline, the wire and attribution's fold under shipped definitions, without servers: one
 * partition, in this order of arrival, a millisecond apart.
 *
 * @param definitions the name of a file in definitions/
 * @param fromServer messages of a server key, which arrive after the others
 *
 * @throws Error when a message is refused
 */
export async function fold(
  messages: readonly SegmentMessage[],
  site: string,
  receivedAt: number,
  definitions = 'demo.yaml',
  fromServer: readonly SegmentMessage[] = [],
): Promise<Folded> {
  const partition = createPartition(createVisitorCodec(readCatalog()))
  const labelled: { event: StorefrontEvent; sessionId: string }[] = []
  const sessions = new Map<string, SessionRow>()
  const conversions = new Map<string, ConversionRow>()
  const outcomes: Outcome[] = []
  const written: Record<WrittenSchema, Buffer[]> = { 'labelled:1': [], session: [], conversion: [], credit: [] }
  const events = await onTheLog(messages, { site, server: false }, receivedAt)
  events.push(...(await onTheLog(fromServer, { site, server: true }, receivedAt)))
  for (const record of recordsOf(events, definitions)) {
    const { outputs, outcome } = foldWhole(partition, { ...record, appendedAt: receivedAt + record.offset })
    outcomes.push(outcome)
    for (const output of outputs) {
      if (output.kind === 'conversion') {
        conversions.set(output.row.conversion_id, output.row)
        written.conversion.push(codec.encode('conversion', output.row))
      }
      if (output.kind === 'credit') written.credit.push(codec.encode('credit', output.row))
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

function recordsOf(events: readonly StorefrontEvent[], name: string): Omit<LogRecord, 'appendedAt'>[] {
  const file = resolve(import.meta.dirname, '..', '..', 'definitions', name)
  const definitions = readDefinitions(readFileSync(file, 'utf8'))
  if (!definitions.ok) throw new Error(`${file} is refused: ${JSON.stringify(definitions.problems)}`)
  const entries: { key: string; body: Body }[] = [
    { key: '', body: { kind: 'definitions', number: 0, json: definitions.json } },
    ...events.map((event) => ({ key: eventKey(event), body: { kind: 'event', event } as const })),
    { key: '', body: { kind: 'tick', flush_id: 'end', hold_ms: 0 } },
  ]
  return entries.map((entry, offset) => ({ ...entry, offset }))
}
