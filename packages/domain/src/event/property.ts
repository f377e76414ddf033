import type { StorefrontEvent } from './event.ts'

/** An event's own property, undefined without: one called `constructor` must not find what every object has. */
export function propertyOf({ properties }: Pick<StorefrontEvent, 'properties'>, name: string): string | undefined {
  return Object.hasOwn(properties, name) ? properties[name] : undefined
}
