import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseCsv } from './csv.ts'

/** One storefront event as the tracker's warehouse has it: flat columns and the attached entities as JSON. */
export interface TrackedRow {
  readonly column: (name: string) => string
  /** The first entity of a kind: page, cart, checkout step, transaction, user or the mobile client's session. */
  readonly entity: (name: EntityName) => Entity | undefined
  readonly products: readonly Entity[]
  /** product_view, add_to_cart, transaction, …; empty for an event whose action was not recorded. */
  readonly action: string
  readonly actionName: string
}

export type Entity = Readonly<Record<string, string | number | null>>

const entityColumns = {
  page: 'contexts_com_snowplowanalytics_snowplow_ecommerce_page_1_0_0',
  user: 'contexts_com_snowplowanalytics_snowplow_ecommerce_user_1_0_0',
  cart: 'contexts_com_snowplowanalytics_snowplow_ecommerce_cart_1_0_0',
  product: 'contexts_com_snowplowanalytics_snowplow_ecommerce_product_1_0_0',
  checkoutStep: 'contexts_com_snowplowanalytics_snowplow_ecommerce_checkout_step_1_0_0',
  transaction: 'contexts_com_snowplowanalytics_snowplow_ecommerce_transaction_1_0_0',
  clientSession: 'contexts_com_snowplowanalytics_snowplow_client_session_1_0_1',
  screen: 'contexts_com_snowplowanalytics_mobile_screen_1_0_0',
} as const
export type EntityName = keyof typeof entityColumns

const actionColumn = 'unstruct_event_com_snowplowanalytics_snowplow_ecommerce_snowplow_ecommerce_action_1_0_0'

/** The published test run is about these two apps; the file has one event of another, there to be skipped. */
const apps: ReadonlySet<string> = new Set(['ecom-accel', 'DemoID'])

/** The rows of `folder` (the data set `shop-events`), in the order of the file. */
export function readRows(folder: string): TrackedRow[] {
  return parseCsv(readFileSync(join(folder, 'source', 'snowplow_ecommerce_events.csv'), 'utf8'))
    .filter((columns) => apps.has(columns['app_id'] ?? ''))
    .map(rowOf)
}

function rowOf(columns: Readonly<Record<string, string>>): TrackedRow {
  const column = (name: string): string => columns[name] ?? ''
  const entities = (name: EntityName): Entity[] => JSON.parse(column(entityColumns[name]) || '[]') as Entity[]
  const action = JSON.parse(column(actionColumn) || '{}') as Entity
  return {
    column,
    entity: (name) => entities(name)[0],
    products: entities('product'),
    action: textOf(action['type']),
    actionName: textOf(action['name']),
  }
}

export function textOf(value: string | number | null | undefined): string {
  return value === null || value === undefined ? '' : String(value)
}
