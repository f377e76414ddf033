/** How far a cart can come, in this order. */
export const cartStages = ['none', 'product', 'cart', 'checkout', 'payment', 'purchase'] as const

export type CartStage = (typeof cartStages)[number]

/** The stage that an event shows to be reached, by its canonical name. */
const STAGES: ReadonlyMap<string, CartStage> = new Map([
  ['view_item', 'product'],
  ['add_to_cart', 'cart'],
  ['view_cart', 'cart'],
  ['begin_checkout', 'checkout'],
  ['checkout_step_viewed', 'checkout'],
  ['checkout_step_completed', 'checkout'],
  ['add_shipping_info', 'checkout'],
  ['add_payment_info', 'payment'],
  ['purchase', 'purchase'],
])

const RANKS: ReadonlyMap<string, number> = new Map(
  [...STAGES].map(([name, stage]) => [name, cartStages.indexOf(stage)] as const),
)

/** The place of an event's stage in {@link cartStages}; 0 for none. */
export function cartRank(eventName: string): number {
  return RANKS.get(eventName) ?? 0
}

export function cartStage(rank: number): CartStage {
  return cartStages[rank] ?? 'none'
}
