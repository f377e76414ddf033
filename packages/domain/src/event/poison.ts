/** Why a record of a log cannot be folded: each is the `reason` of its dead letter. */
export type PoisonReason =
  'no_value' | 'not_wire_format' | 'truncated' | 'trailing_bytes' | 'undecodable' | 'key_mismatch' | 'too_large'
