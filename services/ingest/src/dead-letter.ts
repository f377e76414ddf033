import type { Refusal } from '@cairn/domain'
import { fittedDeadLetter, type DeadLetter } from '@cairn/runtime'
import { isObject, objectOf } from './segment/json.ts'
import { keptJson } from './segment/privacy.ts'
import { pruned } from './segment/size.ts'
import { wellFormed } from './segment/well-formed.ts'
import type { Origin } from './verdict.ts'

/**
 * A refused message as it is kept: with its reason and its JSON, so that it can be sent again once the cause is mended.
 * The write key is kept only where it is the cause.
 */
export function deadLetterOf(sent: unknown, refusal: Refusal, origin: Origin): DeadLetter {
  return letterOf(keptMessage(sent, origin), refusal, origin)
}

/** A message as JSON, as far as it may be kept; with the call it was sent to, since it goes into a batch when it is sent again. */
export function keptMessage(sent: unknown, { type, context }: Pick<Origin, 'type' | 'context'>): string {
  const message = pruned(sent)
  const named = type !== undefined && isObject(message) ? { ...message, type } : message
  return keptJson(named, objectOf(context)['consent'])
}

/** The dead letter of what is refused, given as the JSON to keep of it. */
export function letterOf(json: string, refusal: Refusal, origin: Origin): DeadLetter {
  return fittedDeadLetter({
    id: origin.newId(),
    stage: 'ingest',
    reason: refusal.reason,
    detail: wellFormed(refusal.message),
    site: origin.site ?? '',
    origin_topic: '',
    origin_partition: -1,
    origin_offset: -1,
    at: origin.receivedAt,
    key: origin.site === undefined ? wellFormed(origin.writeKey) : '',
    payload: Buffer.from(json),
  })
}
