/** The calls of the Segment HTTP API that carry an event. */
export const messageTypes = ['track', 'page', 'screen', 'identify', 'alias', 'group'] as const
export type MessageType = (typeof messageTypes)[number]

/** Names of Segment's specs that GA4 has a word for, and what its libraries' users write for GA4's other words. */
const ga4ByWords: Readonly<Record<string, string>> = {
  // Ecommerce v2.
  products_searched: 'search',
  product_list_viewed: 'view_item_list',
  product_list_filtered: 'view_item_list',
  promotion_viewed: 'view_promotion',
  promotion_clicked: 'select_promotion',
  product_clicked: 'select_item',
  product_viewed: 'view_item',
  product_added: 'add_to_cart',
  wishlist_product_added_to_cart: 'add_to_cart',
  product_removed: 'remove_from_cart',
  cart_viewed: 'view_cart',
  checkout_started: 'begin_checkout',
  payment_info_entered: 'add_payment_info',
  order_completed: 'purchase',
  order_refunded: 'refund',
  product_added_to_wishlist: 'add_to_wishlist',
  product_removed_from_wishlist: 'remove_from_wishlist',
  product_shared: 'share',
  cart_shared: 'share',
  // B2B SaaS, and video: Segment tells the playing of a video from that of its contents, GA4 does not.
  signed_up: 'sign_up',
  signed_in: 'login',
  video_playback_started: 'video_start',
  video_playback_completed: 'video_complete',
  video_content_started: 'video_start',
  video_content_playing: 'video_progress',
  video_content_completed: 'video_complete',
  // In no spec.
  form_started: 'form_start',
  form_submitted: 'form_submit',
  file_downloaded: 'file_download',
  lead_generated: 'generate_lead',
}

/** Names that GA4 has no word for, in its spelling. */
const inGa4Spelling: readonly string[] = [
  // Ecommerce v2.
  'checkout_step_viewed',
  'checkout_step_completed',
  'order_updated',
  'order_cancelled',
  'coupon_entered',
  'coupon_applied',
  'coupon_denied',
  'coupon_removed',
  'product_reviewed',
  // A/B testing, B2B SaaS.
  'experiment_viewed',
  'account_created',
  'account_deleted',
  'trial_started',
  'trial_ended',
  'invite_sent',
  'signed_out',
  // Email, mobile, live chat.
  'email_delivered',
  'email_opened',
  'email_link_clicked',
  'email_bounced',
  'email_marked_as_spam',
  'unsubscribed',
  'push_notification_received',
  'push_notification_tapped',
  'push_notification_bounced',
  'live_chat_conversation_started',
  'live_chat_conversation_ended',
  'live_chat_message_sent',
  'live_chat_message_received',
  // In no spec: what the shipped definitions and their pages speak of besides.
  'newsletter_signup',
  'newsletter_subscribed',
  'rss_subscribed',
  'sample_requested',
  'product_rated',
  'like',
  'follow',
  'email_opt_in',
  'sms_opt_in',
  'push_opt_in',
  'chat_started',
  'feedback_given',
  'store_locator_used',
  'back_in_stock_requested',
  'form_error',
  'calculator_used',
  'webinar_registered',
  'phone_clicked',
  'subscription_started',
  'subscription_renewed',
  'subscription_upgraded',
  'subscription_cancelled',
]

/**
 * Segment's specs in GA4's vocabulary. What GA4 has no word for keeps Segment's in GA4's spelling, so that a definition
 * names it in one way whichever client sent it.
 */
const canonicalByWords: ReadonlyMap<string, string> = new Map([
  ...Object.entries(ga4ByWords),
  ...inGa4Spelling.map((name) => [name, name] as const),
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
