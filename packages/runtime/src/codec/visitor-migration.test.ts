import { describe, expect, it } from '@jest/globals'
import { NEVER } from '@cairn/domain'
import { readCatalog } from './catalog.ts'
import { createMessageWriter } from './message.ts'
import { createVisitorCodec } from './visitor.ts'
import { compileWrite } from './write.ts'

const T = 1_790_000_000_000
const HOUR = 3_600_000
const DAY = 24 * HOUR

const catalog = readCatalog()
const codec = createVisitorCodec(catalog)

/** Bytes as the version before wrote them: its schema lies beside the one in force. */
function former(state: object): Buffer {
  const { schema, id } = catalog.named('visitor-state.v1')
  return createMessageWriter()(compileWrite(schema), state, id)
}

const mark = (event_id: string, time: number, value: string) => ({ time, event_id, value })

const letter = { channel: 'Email', source: 'letter', medium: 'email', campaign: 'spring' }
const direct = { channel: 'Direct', source: '(direct)', medium: '(none)', campaign: '' }
const plain = { term: '', content: '', click_id_name: '' }
const noGoals = {
  goal_names: [],
  goal_currencies: [],
  goal_macro: [],
  goal_converted: [],
  goal_counts: [],
  goal_values: [],
}
const onePurchase = { goal_names: ['buy', 'join'], goal_currencies: ['EUR', ''], goal_macro: [1, 0], goal_converted: [1, 1], goal_counts: [1, 1], goal_values: [1999, 0] } // prettier-ignore

/** Closed and said, of a day before, by a letter: it has joined the newsletter and bought. */
const closed = {
  id: '0190a000-0000-8000-8000-000000000001',
  first_offset: 3,
  client_session_id: '',
  started_at: T,
  ended_at: T + 60_000,
  events: 4,
  page_views: 2,
  entry: mark('a', T, '/spring'),
  exit: mark('d', T + 60_000, '/thanks'),
  origin: { time: T, event_id: 'a', ...letter, ...plain, click_id_name: 'gclid', referrer: 'https://mail.example/' },
  user: mark('b', T + 1_000, 'ada'),
  device: mark('a', T, 'mobile'),
  country: null,
  is_bot: false,
  capped: false,
  closed: true,
  close_due: T + 60_000 + HOUR / 2 + 1,
  forget_due: T + 60_000 + HOUR / 2 + DAY + 1,
  absorbed: ['0190a000-0000-8000-8000-000000000009'],
  definitions_number: 7,
}
const joined = {
  ...{ id: '0190a000-0000-8000-8000-000000000021', goal: 'join', kind: 'micro', class: 'secondary', event_id: 'b' },
  ...{ event_name: 'sign_up', event_time: T + 1_000, user_id: 'ada', value_minor: null, currency: '', order_id: '' },
  ...{ coupon: '', per_session: true, definitions_number: 7 },
}
const bought = {
  ...{ id: '0190a000-0000-8000-8000-000000000022', goal: 'buy', kind: 'macro', class: '', event_id: 'c' },
  ...{ event_name: 'purchase', event_time: T + 2_000, user_id: '', value_minor: 1999, currency: 'EUR' },
  ...{ order_id: 'o-1', coupon: 'MAY', per_session: false, definitions_number: 7 },
}

/** Open, with a row to come, after one that said less. */
const open = {
  ...closed,
  id: '0190a000-0000-8000-8000-000000000002',
  first_offset: 9,
  client_session_id: 's-2',
  started_at: T + 2 * HOUR,
  ended_at: T + 2 * HOUR + 5_000,
  events: 2,
  page_views: 1,
  entry: mark('e', T + 2 * HOUR, '/'),
  exit: mark('e', T + 2 * HOUR, '/'),
  origin: null,
  user: null,
  device: null,
  closed: false,
  close_due: T + 2 * HOUR + 5_000 + HOUR / 2 + 1,
  forget_due: T + 2 * HOUR + 5_000 + HOUR / 2 + DAY + 1,
  absorbed: [],
}

const kept = {
  emit_due: T + 2 * HOUR + 6_000,
  close_due: open.close_due,
  expire_due: closed.forget_due,
  site: 'shop',
  visitor_id: 'v1',
  seen_id: [1_234_567_890_123, 2, 3],
  seen_content: [-5, 6, 7],
  seen_at: [T, T + 1_000, T + 2 * HOUR],
}
/** Of the purchase, of a sign-up that counts once a visitor, and of a purchase whose session is long gone. */
const claims = [
  {
    goal: 'buy',
    order_id: 'o-1',
    conversion_id: bought.id,
    event_time: T + 2_000,
    event_id: 'c',
    touched_at: T + 2_500,
  },
  { goal: 'first', order_id: '', conversion_id: 'x', event_time: T - 9 * DAY, event_id: 'w', touched_at: T - 9 * DAY },
  { goal: 'buy', order_id: 'o-0', conversion_id: 'y', event_time: T - 9 * DAY, event_id: 'v', touched_at: T - 9 * DAY },
]
const emitted = { started_at: T, ...letter }

const state = {
  ...kept,
  sessions: [
    { ...closed, conversions: [joined, bought], dirty_due: NEVER, emitted_at: T + HOUR, emitted: { ...emitted, ...onePurchase }, size: 900 }, // prettier-ignore
    { ...open, conversions: [], dirty_due: T + 2 * HOUR + 6_000, emitted_at: T + 2 * HOUR + 1_000, emitted: { started_at: T + 2 * HOUR, ...direct, ...noGoals }, size: 300 }, // prettier-ignore
  ],
  claims: claims.map((claim) => ({ ...claim, final_due: 0 })),
}

/** What has been added to a session and to a conversion since. */
const sessionSince = { cart_rank: 0, cut: '', facts: [], standby: [], matches: [], moved: [] }
const conversionSince = { refunded_minor: 0, is_order_value: false, promotion: '', plan: '' }
/** A claimed order, of which nothing is known but that it was counted. */
const order = { order_offset: -1, matched: 0, said: [], is_cut: true }

const migrated = {
  ...kept,
  first_started_at: T,
  sessions: [
    {
      ...closed,
      origin: { ...closed.origin, click_id: '' },
      ...sessionSince,
      conversions: [
        { ...joined, ...conversionSince, order_status: '' },
        { ...bought, ...conversionSince, order_status: 'placed' },
      ],
      dirty_due: NEVER,
      emitted_at: T + HOUR,
      emitted: { ...emitted, ...onePurchase },
      size: 900,
    },
    {
      ...open,
      ...sessionSince,
      conversions: [],
      dirty_due: T + 2 * HOUR + 6_000,
      emitted_at: T + 2 * HOUR + 1_000,
      emitted: { started_at: T + 2 * HOUR, ...direct, ...noGoals },
      size: 300,
    },
  ],
  companions: [],
  claims,
  // The longest untouched first, as they are forgotten.
  orders: [
    { order_id: 'o-0', touched_at: T - 9 * DAY, ...order, size: 43 },
    { order_id: 'o-1', touched_at: T + 2_500, ...order, size: 43 },
  ],
  touches: [],
  past: [],
  omitted_days: [],
  said: [],
  users: [mark('b', T + 1_000, 'ada')],
  known_goals: [],
  past_matches: [],
}

describe('a visitor state of the version before', () => {
  const bytes = former(state)

  it('is all that it was, and what was not kept then is as of a visitor of whom there is nothing to say', () => {
    expect(codec.decode(bytes)).toEqual(migrated)
  })

  it('has its due times where they are looked for without reading the rest', () => {
    const { emit_due, close_due, expire_due } = kept
    expect(codec.peekDues(bytes)).toEqual({ emit_due, close_due, expire_due })
  })

  it('is written as of this version, and reads the same', () => {
    const written = codec.encode(codec.decode(bytes))
    expect(written.subarray(0, 5)).not.toEqual(bytes.subarray(0, 5))
    expect(codec.decode(written)).toEqual(migrated)
  })

  it('has its sessions and conversions in objects like those of this version, field by field', () => {
    const [session] = codec.decode(bytes).sessions
    const [again] = codec.decode(codec.encode(codec.decode(bytes))).sessions
    expect(Object.keys(session ?? {})).toEqual(Object.keys(again ?? {}))
    expect(Object.keys(session?.conversions[1] ?? {})).toEqual(Object.keys(again?.conversions[1] ?? {}))
  })
})
