import type { TopicKind } from '@cairn/runtime'

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
   * - `again_and_repair`: so does this one, but a roll-up adds: insert again, then put the roll-up right.
   */
  readonly withoutToken: 'missing_rows' | 'again' | 'again_and_repair'
}

export type InputKind = Extract<TopicKind, 'labelled-events' | 'sessions' | 'conversions' | 'credits'>

export const routes: readonly Route[] = [
  {
    kind: 'labelled-events',
    table: 'events',
    accepts: (schema) => schema.startsWith('labelled:'),
    withoutToken: 'missing_rows',
  },
  {
    kind: 'sessions',
    table: 'sessions_in',
    accepts: (schema) => schema === 'session',
    withoutToken: 'again_and_repair',
  },
  {
    kind: 'conversions',
    table: 'conversions_in',
    accepts: (schema) => schema === 'conversion',
    withoutToken: 'again',
  },
  {
    kind: 'credits',
    table: 'credits_in',
    accepts: (schema) => schema === 'credit',
    withoutToken: 'again',
  },
]
