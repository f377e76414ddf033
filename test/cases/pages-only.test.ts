import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { fold } from './folded.ts'
import { declaredIn, distinct, messageOf, page, reached, receivedAt } from './reached-goals.ts'

describe('definitions/pages-only.yaml', () => {
  /** Address → the goals its page reaches. */
  const pages: Readonly<Record<string, string>> = {
    '/': '',
    // Shopify
    '/collections/tables': 'list_view',
    '/products/oak-table': 'product_view',
    '/collections/tables/products/oak-table': 'product_view',
    '/search?q=oak': 'search',
    '/discount/MAY': 'coupon',
    '/account': 'login',
    '/account/login': '',
    '/checkouts/cn/Z2NwLWV1cm9wZS13ZXN0MTowMUo/information': 'begin_checkout, checkout_step',
    '/search?type=product&q=oak': 'search',
    '/cart': 'view_cart',
    '/checkouts/cn/Z2NwLWV1cm9wZS13ZXN0MTowMUo': 'begin_checkout',
    '/checkouts/cn/Z2NwLWV1cm9wZS13ZXN0MTowMUo/thank_you': 'purchase',
    '/checkouts/cn/hWN7YxMNTr99pOTOSFbKIEOf/es-mx': 'begin_checkout',
    '/checkouts/cn/hWN7YxMNTr99pOTOSFbKIEOf/es-mx/thank-you': 'purchase',
    '/12345678/checkouts/0a1b2c3d4e5f60718293a4b5c6d7e8f9/thank_you': 'purchase',
    '/12345678/orders/0a1b2c3d4e5f60718293a4b5c6d7e8f9/thank_you': 'purchase',
    '/orders/0a1b2c3d4e5f60718293a4b5c6d7e8f9': '', // its status, which is looked at later
    '/de-at/products/oak-table': 'product_view',
    // WooCommerce
    '/product-category/tables/oak/': 'list_view',
    '/product/oak-table/': 'product_view',
    '/?s=oak&post_type=product': 'search',
    '/cart/': 'view_cart',
    '/product/oak-table/?add-to-cart=12': 'product_view, add_to_cart',
    '/cart/?coupon=MAY': 'view_cart, coupon',
    '/feed/': 'rss',
    '/checkout/': 'begin_checkout',
    '/checkout/order-received/4711/?key=wc_order_x': 'purchase',
    '/finalizar-compra/order-received/4711/?key=wc_order_x': 'purchase',
    '/checkout/order-pay/4711/?key=wc_order_x': '',
    '/shop/': 'list_view',
    '/shop/page/2/': 'list_view',
    '/shop/oak-table/': '', // a product with the shop base, a category elsewhere
    '/product-tag/oak/': 'list_view',
    '/my-account/orders/': '',
    // Magento
    '/catalogsearch/result/?q=oak': 'search',
    '/checkout/cart/': 'view_cart',
    '/checkout/cart/add/product/12/': 'add_to_cart',
    '/customer/account/': 'login',
    '/checkout/onepage/success/': 'purchase',
    '/multishipping/checkout/success/': 'purchase',
    '/default/checkout/onepage/success/': 'purchase',
    '/index.php/checkout/onepage/success/': 'purchase',
    '/catalog/product/view/id/12': 'product_view',
    '/catalog/product/view/id/12/s/joust-duffle-bag/category/3/': 'product_view',
    '/catalog/category/view/id/3': 'list_view',
    '/catalog/product_compare/': '',
    '/joust-duffle-bag.html': '', // rewritten: product and category look alike
    '/gear/bags.html': '',
    // Shopware
    '/search?search=oak': 'search',
    '/checkout/cart': 'view_cart',
    '/checkout/register': 'begin_checkout',
    '/checkout/confirm': 'begin_checkout, payment_info',
    '/checkout/finish?orderId=1': 'purchase',
    '/account/order': '',
    '/account/order/0a1b2c3d4e5f60718293a4b5c6d7e8f9': '',
    '/detail/0a1b2c3d4e5f60718293a4b5c6d7e8f9': 'product_view',
    '/navigation/0a1b2c3d4e5f60718293a4b5c6d7e8f9': 'list_view',
    '/Main-product/SWDEMO10001': 'product_view',
    '/de/Eichentisch/SW10012.1': 'product_view',
    '/Clothing/Women/': '', // any page could be named so
    '/account/register': '',
    // PrestaShop
    '/de/order': 'begin_checkout',
    '/de/order-confirmation?id_order=1': 'purchase',
    '/de/bestellbestatigung?id_order=1': 'purchase',
    '/de/bestellung': 'begin_checkout',
    '/2-brown-bear.html': 'product_view',
    '/en/art/3-13-the-best.html': 'product_view',
    '/3-clothes': 'list_view',
    '/new-products': 'list_view',
    '/content/4-about-us': '',
    '/brand/1-studio-design': '',
    '/my-account': 'login',
    '/order-history': '',
    '/search?search_query=oak': 'search',
    // German
    '/de/kategorie/tische': 'list_view',
    '/de/warenkorb': 'view_cart',
    '/kasse/zahlung': 'begin_checkout, payment_info',
    '/bestellung-erfolgreich': 'purchase',
    '/bestellung': 'begin_checkout',
    '/bestellungen': '',
    '/kontakt/danke': 'contact',
    '/kasse/versand': 'begin_checkout, checkout_step',
    '/bewertung/danke': 'review',
    // The rest
    '/pricing': 'key_page',
    '/register/success': 'registration',
    '/samples/thank-you': 'sample_request',
    '/newsletter/confirmed': 'newsletter',
    '/newsletter/thank-you': 'newsletter',
    '/contact/thank-you': 'contact',
    '/contact-us/thank-you': 'contact',
    '/register/thank-you': 'registration',
    '/sign-up/thank-you': 'registration',
    '/checkout/thank-you': 'purchase',
    '/shop/checkout/thank-you/': 'purchase',
    '/en/order/thank-you': 'purchase',
    '/order/confirmation/4711': 'purchase',
    '/bestellbestaetigung': 'purchase',
    '/cart/thank-you': 'purchase',
    '/order/success': 'purchase',
    '/order-complete': 'purchase',
    '/wishlist': 'wishlist',
    '/cart/add': 'add_to_cart',
    '/rss.xml': 'rss',
    '/reviews/thank-you': 'review',
    '/files/care.pdf': 'download',
    '/opt-in/confirm': 'message_opt_in',
    '/subscription/thank-you': 'message_opt_in',
    '/?utm_source=letter&utm_medium=email': 'mail_clicked',
    '/pricing?utm_medium=E-Mail&utm_source=letter': 'key_page, mail_clicked',
    '/?utm_source=app&utm_medium=web_push#top': 'push_opened',
    '/feedback/thanks': 'feedback',
    '/rate/thanks': 'rating',
    '/bewerten/danke': 'rating',
    '/sendfriend/product/send/id/12/': 'share',
    '/tell-a-friend/sent': 'share',
    '/chat': 'chat',
    '/de/live-chat/': 'chat',
    '/videos/how-to-oil-oak': 'video',
    '/back-in-stock/confirmed': 'back_in_stock',
    '/contact': 'form_start',
    '/pages/contact': 'form_start',
    '/de/kontakt/': 'form_start',
    '/quote': 'form_start',
    '/survey/thank-you': 'feedback',
    '/stores/vienna': 'store_locator',
    '/careers/joiner': 'careers',
    // What only looks alike.
    '/videos': '',
    '/chatter': '',
    '/blog/contact': '',
    '/back-in-stock': '',
    '/share': '',
    '/sendfriend/product/sendmail': '',
    '/thank-you': '',
    '/returns/thank-you': '',
    '/webinar/thank-you': '',
    '/download/thank-you': '',
    '/quote/thank-you': '',
    '/appointments/thank-you': '',
    '/samples/order/thank-you': '',
    '/help/order-confirmation': '',
    '/blog/order-received-late': '',
    '/reviews/checkout/success': '',
    '/orders/complete': '',
    '/blogs/news/tagged/p/x': '',
    '/help/account': '',
    '/news/sweden2024': '',
    '/help/cart': '',
    '/help/order/shipping': '',
    '/blog/2024/10-ways-to-oil-oak': '',
    '/search': '',
    '/search?q=': '',
    '/search?page=2#q=oak': '',
    '/?utm_medium=emails': '',
    '/?utm_medium=pushed': '',
    '/?add-to-cart=': '',
    '/discount': '',
    '/feed-the-birds': '',
    '/feedback': '',
    '/reviews': '',
    '/care.pdf/about': '',
    '/accounting': '',
    '/blog/thank-you-cards': '',
    '/blog/how-to-fill-a-cart': '',
    '/cartography': '',
    '/orders/new-in-the-shop': '',
    '/newsletter': '',
    '/careers-of-our-founders': '',
    '/shopping-guide': '',
  }

  it('tells what counts from the address of the page', async () => {
    const { goals } = await reached(
      Object.keys(pages).map((address) => page(address)),
      'pages-only.yaml',
    )
    expect(Object.fromEntries(Object.keys(pages).map((address, at) => [address, goals[at]]))).toEqual(pages)
  })

  it('has no goal that no row of this test reaches', () => {
    expect(declaredIn('pages-only.yaml')).toEqual(distinct(Object.values(pages).flatMap((goals) => goals.split(', '))))
  })

  it('has each goal of shop.yaml, or says why that one needs an event', () => {
    const text = readFileSync(resolve(import.meta.dirname, '..', '..', 'definitions', 'pages-only.yaml'), 'utf8')
    const eventOnly = [...text.matchAll(/^# {3}(\w+): \S/gm)].map(([, name]) => String(name))
    const here = declaredIn('pages-only.yaml')
    expect(declaredIn('shop.yaml').filter((name) => !here.includes(name))).toEqual(eventOnly.toSorted())
  })

  it('counts a thank-you page that is loaded again once in its session', async () => {
    const loaded = ['a', 'b'].map((messageId) => ({ ...messageOf(page('/checkout/success'), 'ann'), messageId }))
    const { conversions } = await fold(loaded, 'shop', receivedAt, 'pages-only.yaml')
    expect(conversions).toMatchObject([{ goal: 'purchase', event_id: 'a', value_minor: null }])
  })
})
