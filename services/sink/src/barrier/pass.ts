import { type Answer, backoffMs, pause } from '@cairn/runtime'
import type { PassingBarrier } from '../batch/batch.ts'
import { reportRefused, type Place } from '../refused.ts'
import type { Ends, Shell } from '../shell.ts'

const backoff = { firstMs: 200, maxMs: 10_000 }
const releasePollMs = 100

/**
 * Notes in the warehouse that everything before the barrier is queryable. `given_up` when the service stops first: the
 * barrier is not passed then, and the next owner must meet it again.
 */
export async function passBarrier(
  shell: Shell,
  place: Place,
  barrier: PassingBarrier,
  ends: Ends,
): Promise<'passed' | 'given_up'> {
  const row = {
    flush_id: barrier.flush_id,
    topic: place.kind,
    partition: place.partition,
    offset: barrier.offset,
    at: shell.now(),
  }
  const noted = await untilAnswered(shell, place, ends, () => shell.warehouse.insertRows('barriers', [row]))
  return noted === undefined ? 'given_up' : 'passed'
}

/**
 * Stands still at a passed barrier while it asks for it: until released, or until its time is over, so that nobody who
 * asked and went away can hold the sink for good.
 */
export async function standStill(shell: Shell, place: Place, barrier: PassingBarrier, ends: Ends): Promise<void> {
  // A barrier from long ago, met again by a rebuild, holds nothing.
  const holdsUntil = Math.min(shell.now(), barrier.at) + barrier.hold_ms
  while (shell.now() < holdsUntil && !ends.stopping.aborted) {
    const released = await untilAnswered(shell, place, ends, () => isReleased(shell, barrier.flush_id))
    if (released?.value !== false) return
    await pause(releasePollMs, ends.signal, ends.stopping)
    ends.signal.throwIfAborted()
  }
}

async function isReleased(shell: Shell, flushId: string): Promise<Answer<boolean>> {
  const rows = await shell.warehouse.query(
    `SELECT 1 FROM ${shell.warehouse.table('barrier_releases')} WHERE flush_id = {flush_id:String} LIMIT 1`,
    { flush_id: flushId },
  )
  return rows.ok ? { ok: true, value: rows.value.length > 0 } : rows
}

/** Asks again until the warehouse answers; undefined when the service stops first. The topic-partition waits meanwhile. */
async function untilAnswered<T>(
  shell: Shell,
  place: Place,
  ends: Ends,
  ask: () => Promise<Answer<T>>,
): Promise<{ readonly value: T } | undefined> {
  for (let failures = 0; ; failures++) {
    ends.signal.throwIfAborted()
    const result = await ask()
    if (result.ok) {
      shell.observe.blocked(place.kind, place.partition, undefined)
      return result
    }
    reportRefused(shell, place, 'barrier', result, failures)
    if (ends.stopping.aborted) return undefined
    await pause(backoffMs(backoff, failures), ends.signal, ends.stopping)
  }
}
