import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import type { SegmentMessage } from '../../packages/cli/src/demo/segment.ts'
import { fold } from './folded.ts'
import { declaredIn, distinct, messageOf, page, reached, receivedAt, type Sent } from './reached-goals.ts'

type Row = readonly [goals: string, segment: Sent | null, ga4: Sent | null]

const product = { product_id: 'oak-12', name: 'Oak table', price: 120, currency: 'EUR' }
const item = { items: [{ item_id: 'oak-12', item_name: 'Oak table', price: 120 }], currency: 'EUR', value: 120 }

/**
 * Each goal of definitions/shop.yaml with what reaches it: as Segment's specs have it, and under GA4's name. Where a
 * standard has no such event, the name is the documented one in its spelling, or there is none.
 */
const shop: readonly Row[] = [
  [
    'purchase',
    { event: 'Order Completed', properties: { order_id: '1', revenue: 9, currency: 'EUR' } },
    { event: 'purchase', properties: { transaction_id: '1', ...item } },
  ],
  [
    'list_view',
    { event: 'Product List Viewed', properties: { list_id: 'tables', products: [product] } },
    { event: 'view_item_list', properties: { item_list_id: 'tables', ...item } },
  ],
  ['product_view', { event: 'Product Viewed', properties: product }, { event: 'view_item', properties: item }],
  [
    'search',
    { event: 'Products Searched', properties: { query: 'oak' } },
    { event: 'search', properties: { search_term: 'oak' } },
  ],
  ['search', null, { event: 'view_search_results', properties: { search_term: 'oak' } }],
  ['key_page', page('/pricing'), { ...page('/features/delivery'), event: 'page_view' }],
  ['add_to_cart', { event: 'Product Added', properties: product }, { event: 'add_to_cart', properties: item }],
  ['add_to_cart', { event: 'Wishlist Product Added to Cart', properties: product }, null],
  [
    'view_cart',
    { event: 'Cart Viewed', properties: { products: [product] } },
    { event: 'view_cart', properties: item },
  ],
  ['login', { event: 'Signed In' }, { event: 'login', properties: { method: 'mail' } }],
  ['registration', { event: 'Signed Up' }, { event: 'sign_up', properties: { method: 'mail' } }],
  ['registration', { event: 'Account Created' }, null],
  [
    'form_start',
    { event: 'Form Started', properties: { form_id: 'contact' } },
    { event: 'form_start', properties: { form_id: 'contact' } },
  ],
  [
    'begin_checkout',
    { event: 'Checkout Started', properties: { value: 120, currency: 'EUR' } },
    { event: 'begin_checkout', properties: item },
  ],
  [
    'checkout_step',
    { event: 'Checkout Step Viewed', properties: { step: 2 } },
    { event: 'add_shipping_info', properties: { shipping_tier: 'express', ...item } },
  ],
  ['checkout_step', { event: 'Checkout Step Completed', properties: { step: 2 } }, null],
  [
    'payment_info',
    { event: 'Payment Info Entered', properties: { payment_method: 'card' } },
    { event: 'add_payment_info', properties: { payment_type: 'card', ...item } },
  ],
  [
    'coupon',
    { event: 'Coupon Entered', properties: { coupon_id: 'MAY' } },
    { event: 'coupon_entered', properties: { coupon: 'MAY' } },
  ],
  [
    'coupon',
    { event: 'Coupon Applied', properties: { coupon_id: 'MAY', discount: 5 } },
    { event: 'coupon_applied', properties: { coupon: 'MAY' } },
  ],
  [
    'sample_request',
    { event: 'Sample Requested', properties: product },
    { event: 'sample_requested', properties: item },
  ],
  ['newsletter', { event: 'Newsletter Subscribed' }, { event: 'newsletter_subscribed' }],
  ['newsletter', { event: 'Newsletter Signup' }, { event: 'newsletter_signup' }],
  ['rss', { event: 'RSS Subscribed' }, { event: 'rss_subscribed' }],
  [
    'wishlist',
    { event: 'Product Added to Wishlist', properties: product },
    { event: 'add_to_wishlist', properties: item },
  ],
  ['review', { event: 'Product Reviewed', properties: { ...product, rating: '5' } }, { event: 'product_reviewed' }],
  ['rating', { event: 'Product Rated', properties: { ...product, rating: 4 } }, { event: 'product_rated' }],
  [
    'share',
    { event: 'Product Shared', properties: { share_via: 'email' } },
    { event: 'share', properties: { method: 'mail', content_type: 'product' } },
  ],
  ['share', { event: 'Cart Shared', properties: { share_via: 'email' } }, null],
  ['like', { event: 'Like' }, { event: 'like' }],
  ['follow', { event: 'Follow' }, { event: 'follow' }],
  ['download', { event: 'File Downloaded' }, { event: 'file_download', properties: { file_name: 'care.pdf' } }],
  ['message_opt_in', { event: 'Email Opt In' }, { event: 'email_opt_in' }],
  ['message_opt_in', { event: 'SMS Opt In' }, { event: 'sms_opt_in' }],
  ['message_opt_in', { event: 'Push Opt In' }, { event: 'push_opt_in' }],
  [
    'mail_opened',
    { event: 'Email Opened', properties: { email_id: 'm', campaign_id: 'may' } },
    { event: 'email_opened' },
  ],
  [
    'mail_clicked',
    { event: 'Email Link Clicked', properties: { email_id: 'm', link_url: 'https://shop.example/' } },
    { event: 'email_link_clicked' },
  ],
  [
    'push_opened',
    { event: 'Push Notification Tapped', properties: { campaign: { name: 'may' } } },
    { event: 'push_notification_tapped' },
  ],
  ['chat', { event: 'Live Chat Conversation Started', properties: { agent_name: 'Ann' } }, { event: 'chat_started' }],
  [
    'feedback',
    { event: 'Feedback Given', properties: { score: 9, comment: 'fine' } },
    { event: 'feedback_given', properties: { score: 9 } },
  ],
  ['store_locator', { event: 'Store Locator Used' }, { event: 'store_locator_used' }],
  ['store_locator', page('/stores/vienna'), null],
  [
    'video',
    { event: 'Video Playback Started', properties: { session_id: 'v' } },
    { event: 'video_start', properties: { video_title: 'care' } },
  ],
  [
    'video',
    { event: 'Video Playback Completed', properties: { session_id: 'v' } },
    { event: 'video_complete', properties: { video_title: 'care' } },
  ],
  [
    'video',
    { event: 'Video Content Started', properties: { session_id: 'v' } },
    { event: 'video_progress', properties: { video_percent: 50 } },
  ],
  ['video', { event: 'Video Content Playing', properties: { session_id: 'v' } }, null],
  ['video', { event: 'Video Content Completed', properties: { session_id: 'v' } }, null],
  ['back_in_stock', { event: 'Back in Stock Requested', properties: product }, { event: 'back_in_stock_requested' }],
  ['careers', page('/careers/joiner'), { ...page('/jobs'), event: 'page_view' }],
  // What is no goal.
  ['', { event: 'Email Delivered', properties: { email_id: 'm' } }, { event: 'email_delivered' }],
  ['', { event: 'Push Notification Received' }, { event: 'push_notification_received' }],
  ['', { event: 'Live Chat Message Received' }, null],
  ['', { event: 'Coupon Denied', properties: { coupon: 'MAY', reason: 'expired' } }, { event: 'coupon_denied' }],
  ['', { event: 'Product Removed', properties: product }, { event: 'remove_from_cart', properties: item }],
  ['', { event: 'Signed Out' }, { event: 'select_item', properties: item }],
  ['', page('/'), page('/careersadvice')],
]

describe('definitions/shop.yaml', () => {
  it.each([
    ["Segment's specs", 1],
    ["GA4's vocabulary", 2],
  ] as const)('counts each micro conversion from the events of %s', async (_, column) => {
    const rows = shop.flatMap((row) => (row[column] === null ? [] : [{ goals: row[0], sent: row[column] }]))
    const { goals } = await reached(
      rows.map(({ sent }) => sent),
      'shop.yaml',
    )
    const found = rows.map(({ sent }, at) => `${sent.event ?? sent.url ?? ''}: ${goals[at] ?? ''}`)
    expect(found).toEqual(rows.map((row) => `${row.sent.event ?? row.sent.url ?? ''}: ${row.goals}`))
  })

  it('has no goal that no row of this test reaches', () => {
    expect(declaredIn('shop.yaml')).toEqual(distinct(shop.map(([goals]) => goals)))
  })

  it('has a mail that names the visitor assist the order, and one that names the user alone assist none', async () => {
    const sent = (messageId: string, event: string, minutes: number, who: object): SegmentMessage => {
      const timestamp = new Date(receivedAt + minutes * 60_000).toISOString()
      return {
        ...messageOf({ event, properties: { order_id: 'o' } }, messageId),
        anonymousId: 'ann',
        timestamp,
        ...who,
      }
    }
    const assists = async (who: object): Promise<readonly string[]> => {
      const buys = sent('2', 'Order Completed', 0, { userId: '7' })
      const { credits } = await fold([sent('1', 'Email Opened', -5, who), buys], 'shop', receivedAt, 'shop.yaml')
      return credits.flatMap(({ assist_goals }) => assist_goals)
    }
    expect(await assists({ userId: '7' })).toEqual(['mail_opened'])
    expect(await assists({ userId: '7', anonymousId: undefined })).toEqual([])
  })

  it('keeps the score of feedback with its event, and takes it for no money', async () => {
    const { folded } = await reached(
      [{ event: 'Feedback Given', properties: { score: 9, currency: 'EUR' } }],
      'shop.yaml',
    )
    expect(folded.conversions).toMatchObject([{ goal: 'feedback', value_minor: null }])
    expect(folded.events).toMatchObject([{ event: { properties: { score: '9' }, value_minor: null } }])
  })
})

const folder = join(
  resolve(import.meta.dirname, '..', '..', process.env['CAIRN_DATA'] ?? '../shared/data'),
  'segment-ecommerce-spec',
)
const published = existsSync(folder) ? describe : describe.skip

published(`every example of Segment's ecommerce spec (in ${folder})`, () => {
  it('reaches the goals of its row, or is one that says nothing of its own', async () => {
    const examples = JSON.parse(readFileSync(join(folder, 'ecommerce_v2_examples.json'), 'utf8')) as (Sent & {
      event: string
    })[]
    const { goals } = await reached(examples, 'shop.yaml')
    const expected = new Map(shop.map(([name, segment]) => [segment?.event, name]))
    expected.set('Product List Filtered', 'list_view')
    expect(examples.map(({ event }, at) => [event, goals[at]])).toEqual(
      examples.map(({ event }) => [event, expected.get(event) ?? '']),
    )
  })
})
