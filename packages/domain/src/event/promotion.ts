import type { StorefrontEvent } from './event.ts'

/**
 * The promotion an event is about, empty when none: `promotion_id`, else `promotion_name` (GA4's), else the `name` of
 * Segment's Promotion Viewed and Promotion Clicked, whose name is that of the promotion.
 */
export function promotionOf({ name, properties }: StorefrontEvent): string {
  const named = own(properties, 'promotion_id') || own(properties, 'promotion_name')
  if (named !== '') return named
  return name === 'view_promotion' || name === 'select_promotion' ? own(properties, 'name') : ''
}

/** Own properties only: one called `constructor` must not find what every object has. */
function own(properties: StorefrontEvent['properties'], name: string): string {
  return (Object.hasOwn(properties, name) ? properties[name] : undefined) ?? ''
}
