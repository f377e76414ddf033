import type { Millis } from '../event/event.ts'
import type { ColdStates } from '../state/cold.ts'
import { compileDefinitions, noDefinitions, type Definitions } from './definitions.ts'
import { VisitorStore, type CacheCounts, type Taken } from './store.ts'
import type { VisitorCodec } from './visitor.ts'

/**
 * Counts up when the same log would give other outputs or states. A checkpoint of another version is only taken over
 * where nothing has to be folded again.
 */
export const foldVersion = 13

/**
 * The fold of one partition: what meta and checkpoint records are written from. Changed in place, by `step` and by those who
 * save it: where outputs are not written after all it is thrown away and restored, which is rare, while to be able to go back
 * would cost every event.
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
  /** About how many bytes of memory that is held in. */
  readonly dirtyMemory: number
  /** About how many bytes of memory its visitors take. */
  readonly cacheBytes: number
  /** Whether they take more than they may: the sooner the cold store has what changed, the more of them can be left to it. */
  readonly isOverfull: boolean
  readonly cache: CacheCounts
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
 * Visitors that one step brings up, beside its record's own: for the others that a flush puts out its record is taken again,
 * and those that timers settle wait for the next records. All in one step would have to be written in one transaction, and
 * with enough open sessions that takes longer than a transaction may, again and again.
 */
const MAX_VISITORS_A_STEP = 5_000

export interface PartitionOptions {
  /**
   * Where visitors lie that memory has no room for, as of the last checkpoint that was stored; without one, all are in memory.
   * Queue 0 is emit, 1 close, 2 expire; a visitor stands in each once, at its {@link indexedDue}.
   */
  readonly cold?: ColdStates
  /** Bytes of memory for the visitors that the cold store has too: none, or what {@link limitCache} says. */
  readonly cacheBytes?: number
  /** Visitors a step brings up; another number makes other steps, so only tests give one. */
  readonly maxVisitors?: number
}

export class Partition implements PartitionState {
  position = 0
  parts = 0
  streamTime: Millis = 0
  eventClock: Millis = 0
  definitions: DeployedDefinitions = { number: -1, json: '' }
  compiled: Definitions = noDefinitions
  readonly store: VisitorStore
  /** The keys of the visitors that a begun flush has left, in order; null where that is to be found out. */
  flushing: string[] | null = null
  readonly maxVisitors: number

  constructor(codec: VisitorCodec, { cold, cacheBytes, maxVisitors }: PartitionOptions) {
    this.store = new VisitorStore(codec, cold ?? null, cacheBytes ?? 0)
    this.maxVisitors = maxVisitors ?? MAX_VISITORS_A_STEP
  }

  /** The clock that closes sessions. */
  get closingClock(): Millis {
    return this.compiled.timeSource === 'log' ? this.streamTime : this.eventClock
  }

  get dirtyBytes(): number {
    return this.store.unsavedBytes
  }

  get dirtyMemory(): number {
    return this.store.unsavedMemory
  }

  get cacheBytes(): number {
    return this.store.bytes
  }

  get isOverfull(): boolean {
    return this.store.isOverfull
  }

  get cache(): CacheCounts {
    return this.store
  }
}

/** The partition before its first record: default session rules, no goals, no visitors. */
export function createPartition(codec: VisitorCodec, options: PartitionOptions = {}): PartitionState {
  return new Partition(codec, options)
}

/**
 * The partition as it stood at a checkpoint, whose visitors lie in the cold store. They stay encoded until they are touched.
 *
 * @throws Error when the checkpoint's definitions do not compile: they did when they came into force, so a newer fold
 * has changed what it accepts
 */
export function restorePartition(
  codec: VisitorCodec,
  checkpoint: Checkpoint,
  options: PartitionOptions & { readonly cold: ColdStates },
): PartitionState {
  const partition = new Partition(codec, options)
  partition.position = checkpoint.position
  partition.parts = checkpoint.parts
  partition.streamTime = checkpoint.stream_time
  partition.eventClock = checkpoint.event_clock
  partition.definitions = { number: checkpoint.definitions_number, json: checkpoint.definitions }
  if (checkpoint.definitions !== '') partition.compiled = compiledAgain(partition.definitions)
  return partition
}

/**
 * The visitors that changed since the last checkpoint, encoded, in no order; null for one that is forgotten. They count as
 * saved from here on: a partition whose checkpoint is not written must not go on. They stay in memory until the cold store
 * has them, if there is one ({@link noteStored}).
 */
export function takeDirty(state: PartitionState): readonly Taken[] {
  return [...takeDirtyIn(state, Infinity)].flat()
}

/**
 * What {@link takeDirty} gives, encoded about so many bytes at a time as it is asked for: all of it takes a while. What is
 * taken is the state as of one position, so the partition may not go on before the last of it.
 *
 * @throws Error when it went on
 */
export function* takeDirtyIn(state: PartitionState, bytes: number): Generator<readonly Taken[], void, undefined> {
  const { position, parts, store } = internals(state)
  for (const portion of store.takeUnsaved(bytes)) {
    yield portion
    if (state.position !== position || state.parts !== parts)
      throw new Error(
        `the fold went on from ${position} to ${state.position} while its checkpoint was taken: it is torn`,
      )
  }
}

/** Tells the partition that its cold store now has all that {@link takeDirty} gave. */
export function noteStored(state: PartitionState): void {
  internals(state).store.noteStored()
}

/** Bounds the memory for visitors that the cold store has too, from the next step on. */
export function limitCache(state: PartitionState, bytes: number): void {
  internals(state).store.capacity = bytes
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
