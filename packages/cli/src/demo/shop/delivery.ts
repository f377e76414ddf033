import type { SegmentMessage } from '../segment.ts'
import type { Random } from './random.ts'
import type { Happening } from './tracker.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** A message on its way: `arrivesAt` orders the sending and is never part of it. */
export interface Parcel {
  readonly arrivesAt: number
  readonly message: SegmentMessage
}

/** What the network does to one visit's messages. */
export interface Road {
  /** Right time at which the simulation ends: when what a device kept is sent at the latest. */
  readonly end: number
  /** Milliseconds the device's clock is ahead of the right time. */
  readonly clockErrorMs: number
}

/** Share of messages that are sent again although they had arrived. */
const repeated = 0.025
/** Share of visits on a train: everything is kept on the device and sent minutes or hours later. */
const offline = 0.03
/** Share of messages that overtake or are overtaken by their neighbours. */
const jumbled = 0.04

/** The messages of one visit with the times at which they arrive. */
export function deliver(random: Random, happenings: readonly Happening[], road: Road): Parcel[] {
  if (road.clockErrorMs !== 0) return uploadAtEnd(happenings, road)
  const heldBackMs = random.chance(offline) ? random.between(5 * minute, 8 * hour) : 0
  return happenings.flatMap(({ at, message }) => {
    const jumbledMs = random.chance(jumbled) ? random.between(second, 3 * minute) : 0
    const arrivesAt = at + heldBackMs + jumbledMs + random.between(50, second)
    if (!random.chance(repeated)) return [{ arrivesAt, message }]
    // A client that missed the answer repeats the whole batch at once; one that crashed repeats it from disk later.
    const again =
      arrivesAt + (random.chance(0.5) ? random.between(10, second) : random.between(2 * minute, 40 * minute))
    return [
      { arrivesAt, message },
      { arrivesAt: again, message },
    ]
  })
}

/**
 * A device whose clock is wrong sends all it has at the end, and says when that was by its own clock: the receiver tells
 * from it how wrong the clock is. (Simulated time passes in seconds, so "sent now" is the only sending time that is true.)
 */
function uploadAtEnd(happenings: readonly Happening[], { end, clockErrorMs }: Road): Parcel[] {
  const sentAt = new Date(end + clockErrorMs).toISOString()
  return happenings.map(({ message }) => ({ arrivesAt: end, message: { ...message, sentAt } }))
}

/** The messages in the order of their arrival. */
export function inOrder(parcels: readonly Parcel[]): SegmentMessage[] {
  return parcels.toSorted((a, b) => a.arrivesAt - b.arrivesAt).map(({ message }) => message)
}
