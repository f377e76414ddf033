import { indexedDue, NEVER, type Millis, type OrderCodec, type VisitorCodec } from '@cairn/domain'

/** How the states of one kind lie on disk. */
export interface StateLayout {
  /** Indexes of due times. */
  readonly queues: number
  /**
   * Where a state is to stand in each index, NEVER for nowhere.
   *
   * @param before where it stands now
   */
  places(state: Uint8Array, before: readonly Millis[]): readonly Millis[]
}

/** Visitors, by when a row of theirs is due, when a session closes and when they are forgotten. */
export function visitorLayout(codec: Pick<VisitorCodec, 'peekDues'>): StateLayout {
  return {
    queues: 3,
    places(state, before) {
      const { emit_due, close_due, expire_due } = codec.peekDues(state)
      return [emit_due, close_due, expire_due].map((due, queue) => indexedDue(before[queue] ?? NEVER, due))
    },
  }
}

/** Orders, by when they last changed: all of them are remembered for equally long. */
export function orderLayout(codec: Pick<OrderCodec, 'touchedAt'>): StateLayout {
  return { queues: 1, places: (state) => [codec.touchedAt(state)] }
}
