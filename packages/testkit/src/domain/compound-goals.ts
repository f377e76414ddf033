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
    compound: { kind: 'all', parts: [part(named('view_item'), 3)] },
    worth: free,
    count: 'once_per_session',
  },
  {
    name: 'looked_and_joined',
    compound: { kind: 'all', parts: [part(named('view_item'), 2), part(named('sign_up', 'add_to_cart'))] },
    worth: free,
    count: 'once_per_session',
  },
  {
    name: 'bought_after_pages',
    compound: { kind: 'sequence', parts: [part(named('page_view', 'identify'), 2), part(named('purchase'))] },
    worth: price,
    count: 'once_per_session',
  },
  {
    name: 'one_for_two',
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
    name: 'first_pair',
    compound: { kind: 'all', parts: [part(named('add_to_cart')), part(named('identify', 'purchase'))] },
    worth: price,
    count: 'once_per_visitor',
  },
  {
    name: 'first_steps',
    compound: { kind: 'sequence', parts: [part(named('view_item')), part(named('add_to_cart'))] },
    worth: free,
    count: 'once_per_visitor',
  },
]
