import { describe, expect, it } from '@jest/globals'
import { canonicalName } from './name.ts'

describe('the canonical name', () => {
  it.each([
    ['Products Searched', 'search'],
    ['Product List Viewed', 'view_item_list'],
    ['Promotion Viewed', 'view_promotion'],
    ['Promotion Clicked', 'select_promotion'],
    ['Product Clicked', 'select_item'],
    ['Product Viewed', 'view_item'],
    ['Product Added', 'add_to_cart'],
    ['Product Removed', 'remove_from_cart'],
    ['Cart Viewed', 'view_cart'],
    ['Checkout Started', 'begin_checkout'],
    ['Payment Info Entered', 'add_payment_info'],
    ['Order Completed', 'purchase'],
    ['Order Refunded', 'refund'],
    ['Product Added to Wishlist', 'add_to_wishlist'],
    ['Product Shared', 'share'],
    ['Coupon Denied', 'coupon_denied'],
    ['Experiment Viewed', 'experiment_viewed'],
    ['Signed In', 'login'],
    ['Video Playback Started', 'video_start'],
    ['Video Playback Completed', 'video_complete'],
    ['Video Content Started', 'video_start'],
    ['Video Content Playing', 'video_progress'],
    ['Video Content Completed', 'video_complete'],
    ['Email Link Clicked', 'email_link_clicked'],
    ['Live Chat Conversation Started', 'live_chat_conversation_started'],
    ['Push Notification Tapped', 'push_notification_tapped'],
    ['Newsletter Subscribed', 'newsletter_subscribed'],
    ['SMS Opt-In', 'sms_opt_in'],
    ['Back-in-Stock Requested', 'back_in_stock_requested'],
  ])('of %s is %s', (sent, expected) => {
    expect(canonicalName('track', sent)).toBe(expected)
  })

  it.each(['product viewed', 'product_viewed', ' Product  Viewed ', 'PRODUCT-VIEWED'])(
    'of "%s" is that of Product Viewed',
    (sent) => {
      expect(canonicalName('track', sent)).toBe('view_item')
    },
  )

  it.each(['view_item', 'purchase', 'Report Submitted', ' spaced ', 'constructor', 'x'.repeat(200)])(
    'of "%s" is the name as it is',
    (sent) => {
      expect(canonicalName('track', sent)).toBe(sent)
    },
  )

  it('of the other calls is given by the call, not by what the page is called', () => {
    expect(canonicalName('page', 'Product Viewed')).toBe('page_view')
    expect(canonicalName('screen', 'Home')).toBe('screen_view')
    expect(canonicalName('identify', '')).toBe('identify')
  })
})
