/** The calls of the Segment HTTP API that carry an event. */
export const messageTypes = ['track', 'page', 'screen', 'identify', 'alias', 'group'] as const
export type MessageType = (typeof messageTypes)[number]

/**
 * Segment's ecommerce spec v2 in GA4's vocabulary. What GA4 has no word for keeps Segment's in GA4's spelling, so that
 * a definition names it in one way whichever client sent it.
 */
const canonicalByWords: ReadonlyMap<string, string> = new Map([
  ['products_searched', 'search'],
  ['product_list_viewed', 'view_item_list'],
  ['product_list_filtered', 'view_item_list'],
  ['promotion_viewed', 'view_promotion'],
  ['promotion_clicked', 'select_promotion'],
  ['product_clicked', 'select_item'],
  ['product_viewed', 'view_item'],
  ['product_added', 'add_to_cart'],
  ['wishlist_product_added_to_cart', 'add_to_cart'],
  ['product_removed', 'remove_from_cart'],
  ['cart_viewed', 'view_cart'],
  ['checkout_started', 'begin_checkout'],
  ['checkout_step_viewed', 'checkout_step_viewed'],
  ['checkout_step_completed', 'checkout_step_completed'],
  ['payment_info_entered', 'add_payment_info'],
  ['order_completed', 'purchase'],
  ['order_updated', 'order_updated'],
  ['order_refunded', 'refund'],
  ['order_cancelled', 'order_cancelled'],
  ['coupon_entered', 'coupon_entered'],
  ['coupon_applied', 'coupon_applied'],
  ['coupon_denied', 'coupon_denied'],
  ['coupon_removed', 'coupon_removed'],
  ['product_added_to_wishlist', 'add_to_wishlist'],
  ['product_removed_from_wishlist', 'remove_from_wishlist'],
  ['product_shared', 'share'],
  ['cart_shared', 'share'],
  ['product_reviewed', 'product_reviewed'],
  ['experiment_viewed', 'experiment_viewed'],
  ['signed_up', 'sign_up'],
  ['signed_in', 'login'],
])

/** The longest name above; anything longer passes without being looked at. */
const longestName = 40

/**
 * The name an event is counted under. Clients spell Segment's names in several ways (`Product Viewed`,
 * `product viewed`, `product_viewed`); a name that is in neither vocabulary passes as it is.
 */
export function canonicalName(type: MessageType, sentName: string): string {
  switch (type) {
    case 'track':
      return canonicalTrack(sentName)
    case 'page':
      return 'page_view'
    case 'screen':
      return 'screen_view'
    case 'identify':
    case 'alias':
    case 'group':
      return type
  }
}

function canonicalTrack(sentName: string): string {
  if (sentName.length > longestName) return sentName
  const words = sentName
    .trim()
    .toLowerCase()
    .replaceAll(/[ _-]+/g, '_')
  return canonicalByWords.get(words) ?? sentName
}
