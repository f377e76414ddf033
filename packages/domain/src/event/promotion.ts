import type { StorefrontEvent } from './event.ts'
import { propertyOf } from './property.ts'

/** Each conversion and match of an event asks anew; to read its properties takes longer than all else of a conversion. */
let last: { readonly event: StorefrontEvent; readonly promotion: string } | null = null

/**
 * The promotion an event is about, empty when none: `promotion_id`, else `promotion_name` (GA4's), else the `name` of
 * Segment's Promotion Viewed and Promotion Clicked, whose name is that of the promotion; else the only one that its items
 * name, where GA4's purchase has it. Of items of several promotions none is that of the event.
 */
export function promotionOf(event: StorefrontEvent): string {
  if (last?.event !== event) last = { event, promotion: readPromotion(event) }
  return last.promotion
}

function readPromotion(event: StorefrontEvent): string {
  const named = propertyOf(event, 'promotion_id') || propertyOf(event, 'promotion_name')
  if (named) return named
  const isOfPromotion = event.name === 'view_promotion' || event.name === 'select_promotion'
  const called = isOfPromotion ? propertyOf(event, 'name') : ''
  return called || promotionOfItems(propertyOf(event, 'products') ?? '', propertyOf(event, 'items') ?? '')
}

/** Most lists name no promotion; only one that does is worth reading as JSON. */
const key = '"promotion_'

function promotionOfItems(products: string, items: string): string {
  const isNamed = products.includes(key) || items.includes(key)
  if (!isNamed) return ''
  const named = new Set([...listOf(products), ...listOf(items)].map(promotionOfItem))
  named.delete('')
  const [only = ''] = named
  return named.size === 1 ? only : ''
}

/** Empty for what is no list: another producer, or a text that was sent in its place, may have put anything here. */
function listOf(json: string): readonly unknown[] {
  try {
    const list: unknown = json.startsWith('[') ? JSON.parse(json) : []
    return Array.isArray(list) ? list : []
  } catch {
    return []
  }
}

function promotionOfItem(item: unknown): string {
  if (typeof item !== 'object' || item === null) return ''
  const { promotion_id, promotion_name } = item as Readonly<Record<string, unknown>>
  return textOf(promotion_id) || textOf(promotion_name)
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
