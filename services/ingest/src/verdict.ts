import type { Millis, Refusal, StorefrontEvent } from '@cairn/domain'
import type { DeadLetter } from '@cairn/runtime'
import type { RefusedMessage } from './answer.ts'
import { deadLetterOf } from './dead-letter.ts'
import type { Shipment } from './outbox/outbox.ts'
import { hasUnusableAmount } from './segment/commerce.ts'
import type { Verdict } from './segment/event.ts'
import { isObject, textOf } from './segment/json.ts'
import { namesNobody } from './segment/message.ts'
import { hasUnusableOrderId } from './segment/order-id.ts'

/** Where and when refused messages came in. */
export interface Origin {
  /** Undefined when the write key is unknown. */
  readonly site: string | undefined
  readonly writeKey: string
  readonly receivedAt: Millis
  /** The call the messages were sent to; undefined for a batch. */
  readonly type: string | undefined
  /** Of the batch. */
  readonly context: unknown
  readonly newId: () => string
}

/** The records the verdicts make: an event for each accepted message, a dead letter for each refused one. */
export function shipmentOf(verdicts: readonly Verdict[], messages: readonly unknown[], origin: Origin): Shipment {
  const events: StorefrontEvent[] = []
  const deadLetters: DeadLetter[] = []
  verdicts.forEach((verdict, index) => {
    if (verdict.ok) events.push(verdict.event)
    else deadLetters.push(deadLetterOf(messages[index], verdict.refusal, origin))
  })
  return { events, deadLetters }
}

/** The refused messages as the answer names them. */
export function refusedMessages(verdicts: readonly Verdict[], messages: readonly unknown[]): RefusedMessage[] {
  return verdicts.flatMap((verdict, index) =>
    verdict.ok ? [] : [{ index, messageId: messageIdOf(messages[index]), ...verdict.refusal }],
  )
}

/** How many events were accepted with an order id that is none. */
export function unusableOrderIds(verdicts: readonly Verdict[]): number {
  let count = 0
  for (const verdict of verdicts) if (verdict.ok && hasUnusableOrderId(verdict.event)) count++
  return count
}

/** How many events were accepted with an amount that cannot be read, and so without a value. */
export function unusableAmounts(verdicts: readonly Verdict[]): number {
  let count = 0
  for (const verdict of verdicts) if (verdict.ok && hasUnusableAmount(verdict.event)) count++
  return count
}

/** How many events were accepted with an id of a visitor or user that is none. */
export function unusablePersonIds(verdicts: readonly Verdict[], messages: readonly unknown[]): number {
  let count = 0
  for (const [at, verdict] of verdicts.entries()) if (verdict.ok && namesNobody(messages[at])) count++
  return count
}

/** All messages as refused for the one reason. */
export function allRefused(messages: readonly unknown[], refusal: Refusal): RefusedMessage[] {
  return messages.map((sent, index) => ({ index, messageId: messageIdOf(sent), ...refusal }))
}

function messageIdOf(sent: unknown): string {
  return isObject(sent) ? textOf(sent['messageId']) : ''
}
