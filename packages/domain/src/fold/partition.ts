import type { Millis } from '../event/event.ts'
import { compileDefinitions, noDefinitions, type Definitions } from './definitions.ts'
import { VisitorStore, type Slot } from './store.ts'
import type { VisitorCodec } from './visitor.ts'

/**
 * Counts up when the same log would give other outputs or states. A checkpoint of another version is only taken over
 * where nothing has to be folded again.
 */
export const foldVersion = 5

/**
 * The fold of one partition: what meta and checkpoint records are written from. Changed only by `step`, and in place: where
 * outputs are not written after all it is thrown away and restored, which is rare, while to be able to go back would cost
 * every event.
 */
export interface PartitionState {
  /** Next input offset. */
  readonly position: number
  /** Steps that the record at `position` has had; 0 when it was not begun. */
  readonly parts: number
  /** Highest append time seen. */
  readonly streamTime: Millis
  /** Highest event time seen. */
  readonly eventClock: Millis
  readonly definitions: DeployedDefinitions
  /** About how many bytes {@link takeDirty} would give. */
  readonly dirtyBytes: number
}

/** Definitions as they stand in the log. */
export interface DeployedDefinitions {
  /** Their offset in topic `definitions`, -1 before any. */
  readonly number: number
  /** Canonical JSON, empty before any. */
  readonly json: string
}

/** Where a restored partition goes on: schemas/avro/attribution-checkpoint.avsc. */
export interface Checkpoint {
  readonly position: number
  readonly parts: number
  readonly stream_time: Millis
  readonly event_clock: Millis
  readonly definitions_number: number
  readonly definitions: string
}

/**
 * Visitors whose rows one step of a flush puts out; the record is taken again for the others. All in one step would have to
 * be written in one transaction, and with enough open sessions that takes longer than a transaction may, again and again.
 */
const MAX_FLUSHED_VISITORS = 5_000

export class Partition implements PartitionState {
  position = 0
  parts = 0
  streamTime: Millis = 0
  eventClock: Millis = 0
  definitions: DeployedDefinitions = { number: -1, json: '' }
  compiled: Definitions = noDefinitions
  readonly store: VisitorStore
  /** The visitors that a begun flush has left, in order of key; null where that is to be found out. */
  flushing: Slot[] | null = null
  readonly maxFlushed: number

  constructor(codec: VisitorCodec, maxFlushed: number) {
    this.store = new VisitorStore(codec)
    this.maxFlushed = maxFlushed
  }

  /** The clock that closes sessions. */
  get closingClock(): Millis {
    return this.compiled.timeSource === 'log' ? this.streamTime : this.eventClock
  }

  get dirtyBytes(): number {
    return this.store.unsavedBytes
  }
}

/**
 * The partition before its first record: default session rules, no goals.
 *
 * @param maxFlushed visitors a step of a flush puts out; another number makes other parts, so only tests give one
 */
export function createPartition(codec: VisitorCodec, maxFlushed: number = MAX_FLUSHED_VISITORS): PartitionState {
  return new Partition(codec, maxFlushed)
}

/**
 * The partition as it stood at a checkpoint. Visitor states stay encoded until they are touched.
 *
 * @throws Error when the checkpoint's definitions do not compile: they did when they came into force, so a newer fold
 * has changed what it accepts
 */
export function restorePartition(
  codec: VisitorCodec,
  checkpoint: Checkpoint,
  states: Iterable<readonly [key: string, bytes: Uint8Array]>,
  maxFlushed: number = MAX_FLUSHED_VISITORS,
): PartitionState {
  const partition = new Partition(codec, maxFlushed)
  partition.position = checkpoint.position
  partition.parts = checkpoint.parts
  partition.streamTime = checkpoint.stream_time
  partition.eventClock = checkpoint.event_clock
  partition.definitions = { number: checkpoint.definitions_number, json: checkpoint.definitions }
  if (checkpoint.definitions !== '') partition.compiled = compiledAgain(partition.definitions)
  for (const [key, bytes] of states) partition.store.restore(key, bytes)
  return partition
}

/**
 * The visitors that changed since the last checkpoint, encoded, in no order; null for one that is forgotten. They count as
 * saved from here on: a partition whose checkpoint is not written must not go on.
 */
export function takeDirty(state: PartitionState): readonly (readonly [key: string, bytes: Uint8Array | null])[] {
  return internals(state).store.takeUnsaved()
}

/** The state behind the interface that the shell holds. */
export function internals(state: PartitionState): Partition {
  if (state instanceof Partition) return state
  throw new Error('Not a partition made by createPartition or restorePartition')
}

function compiledAgain(deployed: DeployedDefinitions): Definitions {
  const result = compileDefinitions(JSON.parse(deployed.json))
  if (result.ok) return result.definitions
  const [first] = result.problems
  throw new Error(
    `Definitions ${deployed.number} no longer compile (${first?.path.join('.') ?? ''}: ${first?.message ?? ''}); ` +
      'deploy definitions this version accepts before upgrading',
  )
}
