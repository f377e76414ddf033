/** Why Kafka or ClickHouse could not be provided; closed, so that callers can switch on it. */
export type StackRefusal =
  | 'invalid-setting'
  | 'given-unusable'
  | 'data-directory-in-use'
  | 'port-in-use'
  | 'prerequisite-missing'
  | 'download-failed'
  | 'start-failed'
  | 'interrupted'

export interface Refused {
  readonly ok: false
  readonly reason: StackRefusal
  /** One sentence: what is wrong and the ways out. */
  readonly message: string
}

export function refuse(reason: StackRefusal, message: string): Refused {
  return { ok: false, reason, message }
}
