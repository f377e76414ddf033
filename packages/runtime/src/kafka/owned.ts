import type { Batch, Consumer, EachBatchPayload } from 'kafkajs'
import { fetchedIn } from './fetched.ts'
import { Inbox } from './inbox.ts'
import type { OwnedPartition, OwnershipOptions } from './ownership.ts'
import { LagMeter, type Progress } from './progress.ts'
import { PartitionStopped, type StopReason } from './stopped.ts'
import { supervise, type Supervised, type Supervision } from './supervision.ts'
import type { TopicKind } from './topic-names.ts'

/** A partition from the moment the group assigns it until it gives it to another member. */
export class Owned implements OwnedPartition {
  readonly partition: number
  readonly #lost = new AbortController()
  readonly #stopping = new AbortController()
  readonly #inboxes = new Map<string, { inbox: Inbox; compacted: boolean }>()
  readonly #meters = new Map<string, { meter: LagMeter; kind: TopicKind }>()
  readonly #supervision: Supervision
  readonly #reports = new Map<string, number>()
  readonly #loop: Supervised

  constructor(partition: number, consumer: Consumer, options: OwnershipOptions) {
    this.partition = partition
    this.#supervision = options.supervision
    // The loop may go on for a moment when the partition has been given away and come back: by then another reads here.
    const whileHeld = (act: () => void) => {
      if (!this.lost.aborted) act()
    }
    for (const { name: topic, kind, compacted } of options.topics) {
      const at = [{ topic, partitions: [partition] }]
      const source = {
        seek: (offset: number) => whileHeld(() => consumer.seek({ topic, partition, offset: String(offset) })),
        pause: () => whileHeld(() => consumer.pause(at)),
        resume: () => whileHeld(() => consumer.resume(at)),
      }
      source.pause()
      this.#inboxes.set(topic, { inbox: new Inbox(source, options.inboxBytes), compacted })
      this.#meters.set(topic, { meter: new LagMeter(), kind })
    }
    this.#loop = supervise(this, () => this.#run(options.own), options.supervision)
  }

  async #run(own: OwnershipOptions['own']): Promise<void> {
    try {
      await own(this)
    } catch (error) {
      // Nobody takes any more of what a loop that has stopped for good would still be sent.
      if (error instanceof PartitionStopped) for (const { inbox } of this.#inboxes.values()) inbox.close()
      throw error
    } finally {
      for (const { meter } of this.#meters.values()) meter.freeze()
    }
  }

  get lost(): AbortSignal {
    return this.#lost.signal
  }

  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  inbox(topic: string): Inbox {
    const found = this.#inboxes.get(topic)
    if (found === undefined) throw new Error(`topic ${topic} is not among the owned ones`)
    return found.inbox
  }

  running(): void {
    this.#supervision.onRunning(this.partition)
  }

  follow(topic: string, progress: () => Progress): void {
    this.#meterOf(topic).follow(progress)
  }

  /** Why its loop stands still until somebody acts. */
  stopped(): StopReason | undefined {
    return this.#loop.stopped()
  }

  /** Topics whose lag somebody wants to know. */
  followed(): string[] {
    return [...this.#meters].filter(([, { meter }]) => meter.isFollowing).map(([topic]) => topic)
  }

  /** Notes an end of the log that the inbox may not have seen: nothing is read while it is full or its loop is gone. */
  sawEnd(topic: string, offset: number): void {
    this.#meterOf(topic).sawEnd(offset)
  }

  observe(now: number): void {
    for (const [topic, { meter, kind }] of this.#meters) {
      meter.sawEnd(this.inbox(topic).highWatermark)
      const lag = meter.lag(now)
      if (lag !== undefined) this.#supervision.onLag(this.partition, kind, lag)
    }
  }

  report(topic: string, position: number): void {
    this.#reports.set(topic, position)
  }

  takeReports(): { topic: string; partition: number; offset: string }[] {
    const reports = [...this.#reports].map(([topic, position]) => ({
      topic,
      partition: this.partition,
      offset: String(position),
    }))
    this.#reports.clear()
    return reports
  }

  receive(payload: EachBatchPayload): void {
    const { batch } = payload
    const found = this.#inboxes.get(batch.topic)
    // Fetched before the last seek: what it holds is not what the inbox waits for.
    if (found === undefined || payload.isStale()) return
    const { inbox, compacted } = found
    try {
      this.#put(batch, inbox, compacted)
    } catch (error) {
      // Bytes that cannot be read concern this partition's loop; thrown from here they would end the consumer.
      inbox.fail(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #put(batch: Batch, inbox: Inbox, compacted: boolean): void {
    const fetched = fetchedIn(batch)
    if (!compacted && fetched.first > inbox.next) {
      inbox.fail(lostRecords(batch.topic, this.partition, inbox.next, fetched.first))
      return
    }
    // kafkajs answers an offset beyond the end by starting over at the beginning, without a word.
    if (!compacted && fetched.highWatermark < inbox.next) {
      inbox.fail(shorterLog(batch.topic, this.partition, inbox.next, fetched.highWatermark))
      return
    }
    inbox.put(fetched)
  }

  /**
   * A batch that kafkajs has read itself and that holds control or aborted records only is not delivered; without this the
   * next one would look like a gap.
   */
  skip(topic: string, first: number, last: number): void {
    const found = this.#inboxes.get(topic)
    if (found !== undefined && !found.compacted && first === found.inbox.next) found.inbox.advance(last + 1)
  }

  rejoin(): void {
    for (const { inbox } of this.#inboxes.values()) inbox.rejoin()
    this.#loop.rejoined()
  }

  async lose(): Promise<void> {
    this.#lost.abort(new Error('the partition was given to another member'))
    await this.#loop.ended
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const { inbox } of this.#inboxes.values()) inbox.wake()
    await this.#loop.ended
  }

  #meterOf(topic: string): LagMeter {
    const found = this.#meters.get(topic)
    if (found === undefined) throw new Error(`topic ${topic} is not among the owned ones`)
    return found.meter
  }
}

function lostRecords(topic: string, partition: number, expected: number, first: number): PartitionStopped {
  return new PartitionStopped(
    'offset_gap',
    `${topic}-${partition}: expected offset ${expected}, the log begins at ${first}: records were deleted before they were read; restore them or start over in a new namespace`,
  )
}

function shorterLog(topic: string, partition: number, expected: number, end: number): PartitionStopped {
  return new PartitionStopped(
    'offset_gap',
    `${topic}-${partition}: expected offset ${expected}, the log ends at ${end}: the topic was created anew or has lost records; restore it or start over in a new namespace`,
  )
}
