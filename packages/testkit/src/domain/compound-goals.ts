import type { StorefrontEvent } from '@cairn/domain'
import type { OraclePart } from './compound-oracle.ts'
import type { OracleGoal } from './oracle.ts'

/** Compound goals over the names that generated events have, as definitions say them. */
export const compoundGoals: readonly Readonly<Record<string, unknown>>[] = [
  { name: 'three_views', kind: 'micro', compound: { all: [{ match: { event: 'view_item' }, times: 3 }] } },
  {
    name: 'looked_and_joined',
    kind: 'micro',
    class: 'process',
    compound: {
      all: [{ match: { event: 'view_item' }, times: 2 }, { match: { event: ['sign_up', 'add_to_cart'] } }],
      within: 'session',
    },
    count: 'once_per_session',
  },
  {
    name: 'bought_after_pages',
    kind: 'macro',
    compound: {
      sequence: [{ match: { event: ['page_view', 'identify'] }, times: 2 }, { match: { event: 'purchase' } }],
    },
    value: 'event',
  },
  {
    name: 'one_for_two',
    kind: 'micro',
    compound: {
      sequence: [
        { match: { any: [{ event: 'view_item' }, { event: 'sign_up' }] } },
        { match: { event: 'view_item' } },
        { match: { not: { event: 'page_view' } }, times: 2 },
      ],
    },
  },
  {
    name: 'bought_twice',
    kind: 'micro',
    compound: { all: [{ match: { event: 'purchase' }, times: 2 }] },
  },
  {
    name: 'bought_again',
    kind: 'micro',
    compound: { sequence: [{ match: { event: ['view_item', 'purchase'] } }, { match: { event: 'purchase' } }] },
  },
  {
    name: 'first_pair',
    kind: 'macro',
    compound: { all: [{ match: { event: 'add_to_cart' } }, { match: { event: ['identify', 'purchase'] } }] },
    value: 'event',
    count: 'once_per_visitor',
  },
  {
    name: 'first_steps',
    kind: 'micro',
    compound: { sequence: [{ match: { event: 'view_item' } }, { match: { event: 'add_to_cart' } }] },
    count: 'once_per_visitor',
  },
]

/** The same within windows, which are longer than the gap: their events may be of several sessions. */
export const windowedGoals: readonly Readonly<Record<string, unknown>>[] = [
  {
    name: 'views_in_40m',
    kind: 'micro',
    compound: { all: [{ match: { event: 'view_item' }, times: 3 }], within: '40m' },
  },
  {
    name: 'set_in_80m',
    kind: 'macro',
    compound: {
      all: [
        { match: { any: [{ event: 'view_item' }, { event: 'sign_up' }] }, times: 2 },
        { match: { event: ['view_item', 'page_view'] }, times: 2 },
        { match: { event: ['identify', 'purchase', 'add_to_cart'] } },
      ],
      within: '80m',
    },
    value: 'event',
  },
  {
    name: 'sequence_in_2h',
    kind: 'micro',
    compound: {
      sequence: [
        { match: { event: ['page_view', 'identify'] } },
        { match: { any: [{ event: 'view_item' }, { event: 'sign_up' }] }, times: 2 },
        { match: { not: { event: 'page_view' } }, times: 2 },
      ],
      within: '2h',
    },
    count: 'once_per_session',
  },
  {
    name: 'bought_twice_in_2h',
    kind: 'micro',
    compound: { all: [{ match: { event: 'purchase' }, times: 2 }], within: '2h' },
  },
  {
    name: 'first_pair_in_50m',
    kind: 'macro',
    compound: {
      all: [{ match: { event: 'add_to_cart' } }, { match: { event: ['identify', 'purchase'] } }],
      within: '50m',
    },
    value: 'event',
    count: 'once_per_visitor',
  },
  {
    name: 'first_steps_in_3h',
    kind: 'micro',
    compound: {
      sequence: [{ match: { event: 'view_item' }, times: 2 }, { match: { event: 'add_to_cart' } }],
      within: '3h',
    },
    count: 'once_per_visitor',
  },
]

const named = (...names: readonly string[]): ((event: StorefrontEvent) => boolean) => {
  return (event) => names.includes(event.name)
}
const part = (matches: OraclePart['matches'], times = 1): OraclePart => ({ matches, times })

const free = () => null
const price = (event: StorefrontEvent) => event.value_minor

/** The same, as the oracle needs them. */
export const oracleCompoundGoals: readonly OracleGoal[] = [
  {
    name: 'three_views',
    kind: 'micro',
    compound: { kind: 'all', parts: [part(named('view_item'), 3)] },
    worth: free,
    count: 'once_per_session',
  },
  {
    name: 'looked_and_joined',
    kind: 'micro',
    compound: { kind: 'all', parts: [part(named('view_item'), 2), part(named('sign_up', 'add_to_cart'))] },
    worth: free,
    count: 'once_per_session',
  },
  {
    name: 'bought_after_pages',
    kind: 'macro',
    compound: { kind: 'sequence', parts: [part(named('page_view', 'identify'), 2), part(named('purchase'))] },
    worth: price,
    count: 'once_per_session',
  },
  {
    name: 'one_for_two',
    kind: 'micro',
    compound: {
      kind: 'sequence',
      parts: [
        part(named('view_item', 'sign_up')),
        part(named('view_item')),
        part((event) => event.name !== 'page_view', 2),
      ],
    },
    worth: free,
    count: 'once_per_session',
  },
  {
    name: 'bought_twice',
    kind: 'micro',
    compound: { kind: 'all', parts: [part(named('purchase'), 2)] },
    worth: free,
    count: 'once_per_session',
  },
  {
    name: 'bought_again',
    kind: 'micro',
    compound: { kind: 'sequence', parts: [part(named('view_item', 'purchase')), part(named('purchase'))] },
    worth: free,
    count: 'once_per_session',
  },
  {
    name: 'first_pair',
    kind: 'macro',
    compound: { kind: 'all', parts: [part(named('add_to_cart')), part(named('identify', 'purchase'))] },
    worth: price,
    count: 'once_per_visitor',
  },
  {
    name: 'first_steps',
    kind: 'micro',
    compound: { kind: 'sequence', parts: [part(named('view_item')), part(named('add_to_cart'))] },
    worth: free,
    count: 'once_per_visitor',
  },
]

const MINUTE = 60_000

/** {@link windowedGoals}, as the oracle needs them. */
export const oracleWindowedGoals: readonly OracleGoal[] = [
  {
    name: 'views_in_40m',
    kind: 'micro',
    compound: { kind: 'all', parts: [part(named('view_item'), 3)], windowMs: 40 * MINUTE },
    worth: free,
    count: 'once_per_session',
  },
  {
    name: 'set_in_80m',
    kind: 'macro',
    compound: {
      kind: 'all',
      parts: [
        part(named('view_item', 'sign_up'), 2),
        part(named('view_item', 'page_view'), 2),
        part(named('identify', 'purchase', 'add_to_cart')),
      ],
      windowMs: 80 * MINUTE,
    },
    worth: price,
    count: 'once_per_session',
  },
  {
    name: 'sequence_in_2h',
    kind: 'micro',
    compound: {
      kind: 'sequence',
      parts: [
        part(named('page_view', 'identify')),
        part(named('view_item', 'sign_up'), 2),
        part((event) => event.name !== 'page_view', 2),
      ],
      windowMs: 120 * MINUTE,
    },
    worth: free,
    count: 'once_per_session',
  },
  {
    name: 'bought_twice_in_2h',
    kind: 'micro',
    compound: { kind: 'all', parts: [part(named('purchase'), 2)], windowMs: 120 * MINUTE },
    worth: free,
    count: 'once_per_session',
  },
  {
    name: 'first_pair_in_50m',
    kind: 'macro',
    compound: {
      kind: 'all',
      parts: [part(named('add_to_cart')), part(named('identify', 'purchase'))],
      windowMs: 50 * MINUTE,
    },
    worth: price,
    count: 'once_per_visitor',
  },
  {
    name: 'first_steps_in_3h',
    kind: 'micro',
    compound: {
      kind: 'sequence',
      parts: [part(named('view_item'), 2), part(named('add_to_cart'))],
      windowMs: 180 * MINUTE,
    },
    worth: free,
    count: 'once_per_visitor',
  },
]
