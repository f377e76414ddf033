/** Why a partition stands still until somebody acts. Each is a metric label. */
export type StopReason =
  | 'offset_gap'
  | 'not_deterministic'
  | 'fold_version'
  | 'partition_count'
  | 'unreadable_state'
  | 'changed_range'
  | 'disk_full'

/** Thrown by a partition's loop when going on would lose, double or guess: it is not retried. */
export class PartitionStopped extends Error {
  readonly reason: StopReason
  constructor(reason: StopReason, message: string) {
    super(message)
    this.name = 'PartitionStopped'
    this.reason = reason
  }
}

/** Thrown when another owner has the partition now. The loop starts over if the group still assigns it here. */
export class OwnershipLost extends Error {
  constructor(cause?: unknown) {
    super('another owner has taken the partition', { cause })
    this.name = 'OwnershipLost'
  }
}

/** Thrown instead of a transaction when the partition's producer is due for replacement, which only a takeover does. */
export class ProducerSpent extends Error {
  constructor() {
    super("the partition's producer has written as many records as one may")
    this.name = 'ProducerSpent'
  }
}
