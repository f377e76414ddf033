import { ClickHouseError } from '@clickhouse/client'

/**
 * What a failed statement means for whoever sent it.
 * - `retriable`: the server is away, busy or full; the same statement with the same token may succeed later.
 * - `permanent`: statement and tables don't fit; nothing was written and nothing will be until somebody acts.
 * - `view_failed`: an insert was stored and a materialized view then refused it. Sending it again with the same token
 *   completes the view alone, once whatever it refuses has been put right.
 */
export type FailureReason = 'retriable' | 'permanent' | 'view_failed'

export interface WarehouseFailure {
  readonly ok: false
  readonly reason: FailureReason
  /** ClickHouse's error code; 0 when no answer came from it. */
  readonly code: number
  readonly message: string
}

/** Codes that speak of the server's moment, not of the statement (`system.errors` gives their names). */
const retriableCodes = new Set([
  3, 74, 159, 164, 198, 202, 203, 209, 210, 216, 225, 236, 241, 242, 243, 244, 252, 279, 285, 286, 290, 319, 364, 394,
  425, 439, 473, 492, 518, 574, 584, 630, 667, 668, 689, 722, 733, 738, 745, 999, 1000, 1002,
])

/** ClickHouse has no field for it; this is its wording since 19.x. */
const whilePushingToView = /while pushing to view/

/** Classifies what the client threw. Anything but a server's answer is a broken connection: it says nothing of the outcome. */
export function failureOf(error: unknown): WarehouseFailure {
  if (!(error instanceof ClickHouseError)) {
    const message = error instanceof Error ? (error.message === '' ? error.name : error.message) : String(error)
    return { ok: false, reason: 'retriable', code: 0, message }
  }
  const code = Number(error.code)
  return { ok: false, reason: reasonOf(code, error.message), code, message: error.message }
}

function reasonOf(code: number, message: string): FailureReason {
  if (retriableCodes.has(code)) return 'retriable'
  return whilePushingToView.test(message) ? 'view_failed' : 'permanent'
}
