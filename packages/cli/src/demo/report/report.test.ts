import { describe, expect, it } from '@jest/globals'
import { readFigures } from './figures.ts'
import { report } from './report.ts'
import type { Query } from './rows.ts'

const effects = [
  {
    ...{ micro_goal: 'add_to_cart', visitors_with: 1200, visitors_without: '8800', converted_with: 120 },
    ...{
      converted_without: 44,
      lift: 0.095,
      lift_low: 0.0789,
      lift_high: 0.1134,
      assists: 130,
      median_hours_to_macro: 0.2,
      removal_effect: 0.6255,
    },
  },
  {
    ...{ micro_goal: 'share', visitors_with: 3, visitors_without: 9997, converted_with: 0, converted_without: 164 },
    ...{ lift: -0.0164, lift_low: -0.019, lift_high: 0.55, assists: 0, median_hours_to_macro: null, removal_effect: 0 },
  },
  {
    ...{ micro_goal: 'visit', visitors_with: 10000, visitors_without: 0, converted_with: 164, converted_without: 0 },
    ...{ lift: null, lift_low: null, lift_high: null, assists: 200, median_hours_to_macro: 50, removal_effect: null },
  },
]

/** Rows as ClickHouse answers: whole numbers and decimals as numbers or as text. */
const answers: readonly (readonly [part: string, rows: readonly Record<string, unknown>[]])[] = [
  [
    'uniqExactIf',
    [
      {
        visits: 1200,
        visitors: '1000',
        buyers: 34,
        with_order: 36,
        with_cart: 120,
        cart_left: 84,
        with_checkout: 60,
        checkout_left: 24,
        first: '19 Nov 2026',
        last: '23 Nov 2026',
      },
    ],
  ],
  [
    'v_orders',
    [
      { order_status: 'cancelled', currency: 'EUR', orders: '1', sold: '65', back: '65', kept: 0 },
      { order_status: 'placed', currency: 'JPY', orders: 1, sold: 23000, back: 0, kept: 23000 },
      { order_status: 'partly_refunded', currency: 'EUR', orders: 2, sold: 1500.5, back: '100.5', kept: '1400' },
      { order_status: 'placed', currency: 'EUR', orders: 32, sold: '1233476.39', back: 0, kept: '1233476.39' },
      { order_status: 'placed', currency: '', orders: 4, sold: null, back: 0, kept: null },
    ],
  ],
  [
    'GROUP BY channel, currency',
    [
      { channel: 'Paid Search', currency: 'EUR', major: '1234863.89' },
      { channel: 'Paid Search', currency: 'JPY', major: 23000 },
      { channel: 'Direct', currency: 'EUR', major: 12.5 },
    ],
  ],
  [
    'GROUP BY currency',
    [
      { currency: 'EUR', orders: 35, major: '1234876.39' },
      { currency: 'JPY', orders: 1, major: 23000 },
    ],
  ],
  [
    'GROUP BY channel ORDER',
    [
      { channel: 'Paid Search', visits: 800, with_order: 30, micros: 410, macros: 31 },
      { channel: 'Direct', visits: 400, with_order: 6, micros: 95, macros: 6 },
    ],
  ],
  ['windowFunnel', [{ product_view: 600, add_to_cart: 110, begin_checkout: 55, purchase: 33 }]],
  [
    'v_attribution',
    [
      ...['first_touch', 'linear', 'position_based', 'time_decay'].flatMap((model) => [
        { channel: 'Direct', model, currency: 'EUR', orders: '10.5', major: '0' },
        { channel: 'Paid Search', model, currency: 'EUR', orders: '24.5', major: '1234876.39' },
        { channel: 'Paid Search', model, currency: 'JPY', orders: 1, major: 23000 },
      ]),
      ...['last_touch', 'last_non_direct'].flatMap((model) => [
        { channel: 'Paid Search', model, currency: 'EUR', orders: 35, major: 1234876.39 },
        { channel: 'Direct', model, currency: 'JPY', orders: 1, major: 23000 },
        { channel: 'Direct', model, currency: '', orders: 4, major: null },
      ]),
    ],
  ],
  ['v_micro_to_macro', effects],
  [
    "kind = 'micro'",
    [
      { goal: 'product_view', class: 'process', conversions: 600, visitors: 580 },
      { goal: 'newsletter', class: 'secondary', conversions: 20, visitors: 20 },
    ],
  ],
]

const query: Query = (sql) => {
  const [, rows] = answers.find(([part]) => sql.includes(part)) ?? []
  return rows === undefined ? Promise.reject(new Error(`unexpected: ${sql}`)) : Promise.resolve(rows)
}

describe('the report', () => {
  it('reads as a shop owner expects, currencies apart', async () => {
    expect(`\n${report('My shop', await readFigures(query, 'shop'))}`).toBe(`
My shop · 19 Nov 2026 to 23 Nov 2026 · without bots
═══════════════════════════════════════════════════

  Conversion rate             3.4 %  34 of 1,000 visitors bought
    per visit                 3.0 %  36 of 1,200 visits
  Revenue          EUR 1,234,876.39  35 orders
                         JPY 23,000  1 order

By channel
  Channel      Visits   Share  Bought   Rate  Micro  Macro   Revenue EUR  Revenue JPY
  ───────────  ──────  ──────  ──────  ─────  ─────  ─────  ────────────  ───────────
  Paid Search     800  66.7 %      30  3.8 %    410     31  1,234,863.89       23,000
  Direct          400  33.3 %       6  1.5 %     95      6         12.50

From visit to purchase, in this order within one visit
  Step            Visits  Of all visits  Lost since last step
  ──────────────  ──────  ─────────────  ────────────────────  ──────────────────────────────
  Visit            1,200        100.0 %                        ██████████████████████████████
  Product view       600         50.0 %                50.0 %  ███████████████
  Add to cart        110          9.2 %                81.7 %  ███
  Begin checkout      55          4.6 %                50.0 %  █
  Purchase            33          2.8 %                40.0 %  █

  Cart abandonment rate      70.0 %  84 of 120 visits with something put into the cart ended without an order
  Checkout abandonment rate  40.0 %  24 of 60 visits with a checkout begun ended without an order

Micro conversions
  Goal          Class                      Conversions  Visitors  Of all visitors
  ────────────  ─────────────────────────  ───────────  ────────  ───────────────
  product view  step on the way                    600       580           58.0 %
  newsletter    worth something in itself           20        20            2.0 %

Orders and what became of them
  Currency  Orders           Number         Gross  Refunded           Net
  ────────  ───────────────  ──────  ────────────  ────────  ────────────
            placed                4
  EUR       placed               32  1,233,476.39      0.00  1,233,476.39
            partly refunded       2      1,500.50    100.50      1,400.00
            cancelled             1         65.00     65.00          0.00
  JPY       placed                1        23,000         0        23,000

  Under each of 6 models the credits come to the net value in every currency.

Attribution: share of orders by model
  Channel       First    Last  Last non-direct  Linear  Position   Decay
  ───────────  ──────  ──────  ───────────────  ──────  ────────  ──────
  Paid Search  70.8 %  87.5 %           87.5 %  70.8 %    70.8 %  70.8 %
  Direct       29.2 %  12.5 %           12.5 %  29.2 %    29.2 %  29.2 %

Attribution: share of revenue by first and last touch
  Channel      EUR first  EUR last  JPY first  JPY last
  ───────────  ─────────  ────────  ─────────  ────────
  Paid Search    100.0 %   100.0 %    100.0 %     0.0 %
  Direct           0.0 %     0.0 %      0.0 %   100.0 %

Which micro conversions come before a purchase: visitors who reached one, and the others
  Goal         Reached  Bought after  Others  Bought  Points  95 % interval  Orders  Median  Removal
  ───────────  ───────  ────────────  ──────  ──────  ──────  ─────────────  ──────  ──────  ───────
  add to cart    1,200        10.0 %   8,800   0.5 %    +9.5  +7.9 to +11.3     130  12 min   62.5 %
  share              3         0.0 %   9,997   1.6 %    −1.6  −1.9 to +55.0       0       –    0.0 %
  visit         10,000         1.6 %       0       –       –              –     200   2.1 d        –

  Bought after it within 7 days. Removal: the share of orders that the chain of steps loses when all that leads to it
  leads to nothing. Neither says that the one brings about the other: docs/micro-conversions.md tells how to read them.
  Reached leaves out who reached a goal only after the first order; visitors without a visit count here, not above.
`)
  })

  it('explains orders without a touchpoint where there are some, and only there', async () => {
    const { attribution, ...figures } = await readFigures(query, 'shop')
    const explained = '(no touch): no visit is known before the order'
    expect(report('My shop', { ...figures, attribution })).not.toContain(explained)
    const untouched = attribution.map((one) => (one.channel === 'Direct' ? { ...one, channel: '(no touch)' } : one))
    expect(report('My shop', { ...figures, attribution: untouched })).toContain(`\n\n  ${explained}`)
  })

  it('says so when nobody came', async () => {
    const figures = { ...(await readFigures(query, 'shop')), visits: 0 }
    expect(report('My shop', figures)).toBe('My shop\n\n  No visits yet.\n')
  })

  it('says of each table that has no rows that there are none', async () => {
    const figures = {
      ...(await readFigures(query, 'shop')),
      ordersByStatus: [],
      orders: [],
      attribution: [],
      effects: [],
    }
    expect(report('My shop', figures)).toContain(`

Orders and what became of them
  Nothing: nobody has ordered.

Attribution: share of orders by model
  Nothing: no order is credited.

Attribution: share of revenue by first and last touch
  Nothing: no order has a value.

Which micro conversions come before a purchase: visitors who reached one, and the others
  Nothing: no visitor has reached a micro goal before.
`)
  })

  it('names the models whose credits do not come to the net value', async () => {
    const { attribution, ...figures } = await readFigures(query, 'shop')
    const short = attribution.map((one) =>
      one.model === 'time_decay' && one.currency === 'EUR' ? { ...one, major: one.major - 0.01 } : one,
    )
    expect(report('My shop', { ...figures, attribution: short })).toContain(
      '  Credits do not come to the net value under time decay.\n',
    )
  })

  it('names what is in no channel', async () => {
    const { channels, ...figures } = await readFigures(query, 'shop')
    const unseen = channels.map((one) => ({ ...one, revenue: one.channel === 'Direct' ? [] : one.revenue }))
    expect(report('My shop', { ...figures, channels: unseen })).toContain(
      '\n\n  EUR 12.50 came with orders of no visit, which are in no channel.\n\n',
    )
  })

  it('asks for one site only, whatever its name', async () => {
    const asked: string[] = []
    await readFigures((sql) => {
      asked.push(sql)
      return query(sql)
    }, "o'neill")
    for (const sql of asked) expect(sql).toContain("site = 'o\\'neill'")
  })

  it('refuses an answer that lacks a column', async () => {
    await expect(readFigures(() => Promise.resolve([{}]), 'shop')).rejects.toThrow('the answer has no column')
  })
})
