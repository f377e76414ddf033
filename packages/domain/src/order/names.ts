import type { StorefrontEvent } from '../event/event.ts'
import { compareMoments } from '../event/moment.ts'
import { promotionOf } from '../event/promotion.ts'
import { compareText } from '../event/text-order.ts'
import type { Buyer, OrderName, OrderNames, OrderState } from './state.ts'

/** Characters up to which a text is taken for a name: what is kept and said of an order must not grow by it. */
const MAX_LENGTH = 500

/** The coupon and promotion that one event names, empty for none. */
export interface OfferNames {
  readonly coupon: string
  readonly promotion: string
}

export function namedIn(event: StorefrontEvent): OfferNames {
  return { coupon: short(event.coupon), promotion: short(promotionOf(event)) }
}

function short(text: string): string {
  return text.length <= MAX_LENGTH ? text : ''
}

/** Names with those of one more event; the same object where that changes nothing. */
export function withNames(known: OrderNames, event: StorefrontEvent, { coupon, promotion }: OfferNames): OrderNames {
  const names = {
    coupon: earlier(known.coupon, nameIn(event, coupon)),
    promotion: earlier(known.promotion, nameIn(event, promotion)),
  }
  return names.coupon === known.coupon && names.promotion === known.promotion ? known : names
}

/** The names an order has: those of the purchase that decides, what it does not name of the earliest event that does. */
export function namesOf({ sent_names, updated_names }: OrderState, buyer: Buyer): OfferNames {
  return {
    coupon: buyer.coupon || (earlier(sent_names.coupon, updated_names.coupon)?.text ?? ''),
    promotion: buyer.promotion || (earlier(sent_names.promotion, updated_names.promotion)?.text ?? ''),
  }
}

function nameIn({ event_time: time, event_id }: StorefrontEvent, text: string): OrderName | null {
  return text === '' ? null : { time, event_id, text }
}

function earlier(known: OrderName | null, name: OrderName | null): OrderName | null {
  if (known === null || name === null) return known ?? name
  const order =
    compareMoments(known.time, known.event_id, name.time, name.event_id) || compareText(known.text, name.text)
  return order <= 0 ? known : name
}
