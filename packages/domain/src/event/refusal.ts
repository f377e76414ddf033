/**
 * Why a message is refused at the door. Closed: each reason is a metric label and the `reason` of its dead letter, so
 * renaming one breaks dashboards and replays.
 */
export const refusalReasons = [
  'not_an_object',
  'too_large',
  'too_deep',
  'unknown_type',
  'bad_field',
  'no_event_name',
  'bad_time',
  'unknown_write_key',
] as const

export type RefusalReason = (typeof refusalReasons)[number]

/** `message` is for the sender: it names the field, what is wrong with it and what would be accepted. */
export interface Refusal {
  readonly reason: RefusalReason
  readonly message: string
}
