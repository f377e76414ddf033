import type { StorefrontEvent } from './event.ts'

/**
 * The promotion an event is about, empty when none: `promotion_id`, else `promotion_name` (GA4's), else the `name` of
 * Segment's Promotion Viewed and Promotion Clicked, whose name is that of the promotion.
 */
export function promotionOf(event: StorefrontEvent): string {
  const named = propertyOf(event, 'promotion_id') || propertyOf(event, 'promotion_name')
  if (named !== '') return named
  return event.name === 'view_promotion' || event.name === 'select_promotion' ? propertyOf(event, 'name') : ''
}

/** Own properties only: one called `constructor` must not find what every object has. */
function propertyOf({ properties }: StorefrontEvent, name: string): string {
  return (Object.hasOwn(properties, name) ? properties[name] : undefined) ?? ''
}
