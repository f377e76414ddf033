import type { StorefrontEvent } from '@cairn/domain'
import type { Instance } from '../instance/instance.ts'
import { rows } from '../warehouse.ts'
import { compareSums, type Difference, type Stored } from './compare.ts'

/** What is known of a visitor under a user; times in milliseconds. */
export type Seen = Record<'first_seen' | 'last_seen' | 'events', number>

/** Who was identified as whom, as the events that are no bot's say it, computed without the warehouse's view. */
export class VisitorUsers {
  readonly #seen = new Map<string, Seen>()

  /** Takes each event once. A server names the agent of a program where it knows no other: that makes no bot of its visitor. */
  add({ site, type, visitor_id, user_id, previous_id, event_time, is_bot, is_server }: StorefrontEvent): void {
    if (user_id === '' || (is_bot && !is_server)) return
    if (visitor_id !== '') this.#note(site, visitor_id, user_id, event_time)
    if (type === 'alias' && previous_id !== '' && previous_id !== visitor_id)
      this.#note(site, previous_id, user_id, event_time)
  }

  /** By their key. */
  rows(): ReadonlyMap<string, Seen> {
    return this.#seen
  }

  #note(site: string, visitor: string, user: string, time: number): void {
    const key = JSON.stringify([site, visitor, user])
    const seen = this.#seen.get(key)
    if (seen === undefined) {
      this.#seen.set(key, { first_seen: time, last_seen: time, events: 1 })
      return
    }
    seen.first_seen = Math.min(seen.first_seen, time)
    seen.last_seen = Math.max(seen.last_seen, time)
    seen.events++
  }
}

export async function compareVisitorUsers(
  instance: Instance,
  partition: number,
  expected: ReadonlyMap<string, Seen>,
): Promise<Difference[]> {
  const stored = await rows<Stored>(
    instance,
    `SELECT site, visitor_id, user_id, toUnixTimestamp64Milli(min(t.first_seen)) AS first_seen,
       toUnixTimestamp64Milli(max(t.last_seen)) AS last_seen, sum(t.events) AS events
     FROM visitor_users AS t WHERE _partition = {partition:UInt16} GROUP BY site, visitor_id, user_id`,
    { partition: String(partition) },
  )
  const keyOf = ({ site, visitor_id, user_id }: Stored) => JSON.stringify([site, visitor_id, user_id])
  return compareSums('visitor_users', partition, expected, new Map(stored.map((row) => [keyOf(row), row])))
}
