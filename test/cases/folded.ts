import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  commit,
  createPartition,
  eventKey,
  step,
  type Body,
  type ConversionRow,
  type LogRecord,
  type Outcome,
  type SessionRow,
  type StorefrontEvent,
} from '@cairn/domain'
import { createCodec, createVisitorCodec, readCatalog, readDefinitions } from '@cairn/runtime'
import type { SegmentMessage } from '../../packages/cli/src/demo/segment.ts'
import { toEvent } from '../../services/ingest/src/segment/event.ts'

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

export type WrittenSchema = 'labelled:1' | 'session' | 'conversion'

const codec = createCodec(readCatalog())

/**
 * Takes messages through ingest's mapping, the wire and attribution's fold under the demo's definitions, without servers:
 * one partition, in this order of arrival, a millisecond apart.
 *
 * @throws Error when a message is refused
 */
export function fold(messages: readonly SegmentMessage[], site: string, receivedAt: number): Folded {
  const partition = createPartition(createVisitorCodec(readCatalog()))
  const labelled: { event: StorefrontEvent; sessionId: string }[] = []
  const sessions = new Map<string, SessionRow>()
  const conversions = new Map<string, ConversionRow>()
  const outcomes: Outcome[] = []
  const written: Record<WrittenSchema, Buffer[]> = { 'labelled:1': [], session: [], conversion: [] }
  for (const record of recordsOf(messages.map((message) => onTheLog(message, site, receivedAt)))) {
    const { outputs, outcome } = step(partition, { ...record, appendedAt: receivedAt + record.offset })
    commit(partition)
    outcomes.push(outcome)
    for (const output of outputs) {
      if (output.kind === 'conversion') {
        conversions.set(output.row.conversion_id, output.row)
        written.conversion.push(codec.encode('conversion', output.row))
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
    duplicates: outcomes.filter((outcome) => outcome === 'duplicate').length,
    conflicts: outcomes.filter((outcome) => outcome === 'duplicate_conflict').length,
    written,
  }
}

function onTheLog(message: SegmentMessage, site: string, receivedAt: number): StorefrontEvent {
  const request = { address: '127.0.0.1', userAgent: '', country: '', sentAt: undefined, context: undefined }
  const arrival = { ...request, receivedAt, type: undefined, newId: () => '' }
  const verdict = toEvent(message, arrival, { site, server: false, defaultCurrency: '' })
  if (!verdict.ok) throw new Error(`message ${message.messageId} is refused: ${verdict.refusal.message}`)
  const decoded = codec.decode(codec.encodeEvent(verdict.event))
  if (decoded.ok && decoded.kind === 'event') return decoded.value
  throw new Error(`message ${message.messageId} does not decode as it was encoded`)
}

function recordsOf(events: readonly StorefrontEvent[]): Omit<LogRecord, 'appendedAt'>[] {
  const file = resolve(import.meta.dirname, '..', '..', 'definitions', 'demo.yaml')
  const definitions = readDefinitions(readFileSync(file, 'utf8'))
  if (!definitions.ok) throw new Error(`${file} is refused: ${JSON.stringify(definitions.problems)}`)
  const entries: { key: string; body: Body }[] = [
    { key: '', body: { kind: 'definitions', number: 0, json: definitions.json } },
    ...events.map((event) => ({ key: eventKey(event), body: { kind: 'event', event } as const })),
    { key: '', body: { kind: 'tick', flush_id: 'end', hold_ms: 0 } },
  ]
  return entries.map((entry, offset) => ({ ...entry, offset }))
}
