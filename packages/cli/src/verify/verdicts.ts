import type { OrderStatus, Verdict } from '@cairn/domain'
import { fingerprint } from './fingerprint.ts'

/** The last verdict of an order to one key: its offset in order-events, and a hash of all it says. */
export interface Last {
  readonly offset: number
  readonly hash: Buffer
}

/** What the partitions of topic `events` say of orders, as far as they were read: of each order and key the last verdict. */
export class SaidVerdicts {
  readonly #last = new Map<string, Last>()

  add(key: string, verdict: Verdict): void {
    const id = idOf(key, verdict.order_id)
    const known = this.#last.get(id)
    if (known !== undefined && known.offset >= verdict.order_offset) return
    const hash = verdictHash(verdict, verdict.event?.event_id)
    this.#last.set(id, { offset: verdict.order_offset, hash })
  }

  /** Orders and keys of which something was said. */
  entries(): Iterable<readonly [id: string, last: Last]> {
    return this.#last
  }
}

export function idOf(key: string, orderId: string): string {
  return `${orderId} of ${key}`
}

/** Of the purchase a verdict carries its id says enough: its bytes are those of the event. */
export function verdictHash(
  verdict: Omit<Verdict, 'event' | 'sent_currency'> & { readonly status: OrderStatus },
  eventId: string | undefined,
): Buffer {
  const { order_id, order_offset, number, status, value_minor, currency, refunded_minor, coupon, promotion } = verdict
  const said = { order_id, order_offset, number, status, value_minor, currency, refunded_minor, coupon, promotion }
  return fingerprint({ ...said, event_id: eventId ?? '' })
}
