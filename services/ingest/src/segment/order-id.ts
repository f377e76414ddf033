import type { StorefrontEvent } from '@cairn/domain'
import { textOf, type JsonObject } from './json.ts'

/** Segment's name for an order's id, GA4's, and the one some SDKs write. */
const names = ['order_id', 'transaction_id', 'orderId'] as const

/**
 * What programs write where there is no id, in lower case: the text of an absent value in JavaScript, Python, Ruby, SQL,
 * of an object, and what tag managers and people put in its place.
 */
const noIds: ReadonlySet<string> = new Set([
  'undefined',
  'null',
  'nan',
  'none',
  'nil',
  'false',
  'true',
  '0',
  '-1',
  '[object object]',
  '(not set)',
  'not set',
  '(none)',
  '(null)',
  '(undefined)',
  'n/a',
  'na',
  'unknown',
  'empty',
  '-',
  '--',
  '""',
  "''",
])

/** A template that nobody filled in: `{{ order.id }}`, `${orderId}`, `<%= id %>`, `%%ORDER_ID%%`. */
const template = /^(?:\{\{.*\}\}|\$\{.*\}|<%.*%>|%%.*%%)$/s

/**
 * The order an event speaks of, without white space around it; empty where it names none. A text that stands for no id is
 * none: taken as one, it would make a single order of those of all buyers.
 */
export function orderIdOf(properties: JsonObject): string {
  for (const name of names) {
    const id = textOf(properties[name]).trim()
    if (id !== '' && !noIds.has(id.toLowerCase()) && !template.test(id)) return id
  }
  return ''
}

/** Whether an event was sent with a text for an order id that is none. */
export function hasUnusableOrderId({ order_id, properties }: StorefrontEvent): boolean {
  return order_id === '' && names.some((name) => (properties[name] ?? '').trim() !== '')
}
