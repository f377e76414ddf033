import type { TopicKind } from '@cairn/runtime'
import { rollUp, visitorUsers, type Sums } from './repair/by-difference.ts'

/** How a topic's rows reach the warehouse. */
export interface Route {
  readonly kind: InputKind
  /** Table an insert names: the base table, or the landing table whose views fill the base tables. */
  readonly table: string
  /** Whether a schema, by its catalog name, belongs into this topic. */
  readonly accepts: (schema: string) => boolean
  /**
   * How an insert is finished where its token is not to be relied on.
   * - `missing_rows`: rows never change and repetition would double them: insert what is not there.
   * - `again`: the base tables overwrite by version: insert all of it again.
   */
  readonly withoutToken: 'missing_rows' | 'again'
  /** Sums over its rows, which neither of the two puts right; null where there are none. */
  readonly sums: Sums | null
}

export type InputKind = Extract<TopicKind, 'labelled-events' | 'sessions' | 'conversions' | 'credits'>

export const routes: readonly Route[] = [
  {
    kind: 'labelled-events',
    table: 'events',
    accepts: (schema) => schema.startsWith('labelled:'),
    withoutToken: 'missing_rows',
    sums: visitorUsers,
  },
  {
    kind: 'sessions',
    table: 'sessions_in',
    accepts: (schema) => schema === 'session',
    withoutToken: 'again',
    sums: rollUp,
  },
  {
    kind: 'conversions',
    table: 'conversions_in',
    accepts: (schema) => schema === 'conversion',
    withoutToken: 'again',
    sums: null,
  },
  {
    kind: 'credits',
    table: 'credits_in',
    accepts: (schema) => schema === 'credit',
    withoutToken: 'again',
    sums: null,
  },
]
