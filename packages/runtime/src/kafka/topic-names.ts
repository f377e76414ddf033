export const topicKinds = [
  'events',
  'order-events',
  'definitions',
  'labelled-events',
  'sessions',
  'conversions',
  'credits',
  'attribution-state',
  'order-state',
  'sink-state',
  'dead-letters',
] as const
export type TopicKind = (typeof topicKinds)[number]

/** Topics of a namespace: `<namespace>.<kind>`, or the bare kind without one. */
export function topicName(namespace: string, kind: TopicKind): string {
  return namespace === '' ? kind : `${namespace}.${kind}`
}
