import { randomUUID } from 'node:crypto'
import type { Millis } from '@cairn/domain'
import type { Faults } from '@cairn/runtime'
import type { Answer } from './answer.ts'
import type { Delivery, Outbox } from './outbox/outbox.ts'
import type { WriteKey } from './segment/arrival.ts'
import { openBody } from './segment/body.ts'
import { toEvent } from './segment/event.ts'
import { unknownKey, unknownKeyLetter } from './unknown-key.ts'
import {
  allRefused,
  refusedMessages,
  shipmentOf,
  unusableAmounts,
  unusableOrderIds,
  unusablePersonIds,
} from './verdict.ts'

/** A request as HTTP hands it over: the body read and inflated, nothing in it looked at. */
export interface IngestRequest {
  /** The call in the address; undefined for a batch. */
  readonly type: string | undefined
  /** From the Authorization header, empty without one. */
  readonly writeKey: string
  readonly body: Buffer
  readonly address: string
  readonly userAgent: string
  readonly country: string
}

export interface PipelineOptions {
  readonly writeKeys: ReadonlyMap<string, WriteKey>
  readonly outbox: Outbox
  readonly faults: Faults
  readonly now: () => Millis
}

export type Pipeline = (request: IngestRequest) => Promise<Answer>

/** What a request goes through: body → write key → a verdict for each message → the log → the answer. */
export function createPipeline(options: PipelineOptions): Pipeline {
  return async (request) => {
    const { answer, delivery } = begin(request, options)
    if (delivery === undefined) return answer
    const delivered = await delivery
    if (!delivered.ok) return { kind: 'undelivered', reason: delivered.reason, message: delivered.message }
    await options.faults.reach('ingest.after-produce')
    return answer
  }
}

/**
 * The answer and, unless it stands already, the delivery it depends on. A function of its own so that the messages are
 * let go of while the log is waited for: kept, they are what most of the garbage collector's time goes into.
 */
function begin(request: IngestRequest, { writeKeys, outbox, now }: PipelineOptions): Begun {
  const opened = openBody(request.body, request.type === undefined)
  if (!opened.ok) return { answer: { kind: 'malformed', reason: opened.reason, message: opened.message } }
  const { messages, writeKey: keyInBody, ...batch } = opened.batch

  const writeKey = request.writeKey === '' ? keyInBody : request.writeKey
  if (writeKey === '') return { answer: withoutKey }
  const key = writeKeys.get(writeKey)

  const arrival = { ...request, ...batch, receivedAt: now(), newId: randomUUID }
  if (key === undefined) {
    const deadLetters =
      messages.length === 0 ? [] : [unknownKeyLetter(messages, { ...arrival, site: undefined, writeKey })]
    const answer = { kind: 'unauthorised', ...unknownKey, refused: allRefused(messages, unknownKey) } as const
    return { answer, delivery: outbox.deliver({ events: [], deadLetters }) }
  }
  const verdicts = messages.map((sent) => toEvent(sent, arrival, key))
  const refused = refusedMessages(verdicts, messages)
  const delivery = outbox.deliver(shipmentOf(verdicts, messages, { ...arrival, site: key.site, writeKey }))
  const accepted = messages.length - refused.length
  const unusable = {
    unusableOrderIds: unusableOrderIds(verdicts),
    unusablePersonIds: unusablePersonIds(verdicts, messages),
    unusableAmounts: unusableAmounts(verdicts),
  }
  return { answer: { kind: 'answered', accepted, refused, ...unusable }, delivery }
}

interface Begun {
  readonly answer: Answer
  readonly delivery?: Promise<Delivery>
}

const withoutKey: Answer = {
  kind: 'unauthorised',
  reason: 'no_write_key',
  message: 'send the write key as the user name of Basic authentication or as "writeKey" in the body',
  refused: [],
}
