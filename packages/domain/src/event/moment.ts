import type { Millis } from './event.ts'
import { compareText } from './text-order.ts'

/**
 * The order that decides wherever one event must be chosen, whenever it arrives: by time, then by id. Negative where the
 * first comes first.
 */
export function compareMoments(time: Millis, eventId: string, otherTime: Millis, otherEventId: string): number {
  return time - otherTime || compareText(eventId, otherEventId)
}
