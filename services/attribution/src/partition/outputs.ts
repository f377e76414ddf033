import { crc32 } from 'node:zlib'
import type { Label, Output } from '@cairn/domain'
import {
  RecordBuffer,
  type Codec,
  type EventInput,
  type RecordTypes,
  type TopicBuffer,
  type WriteBytes,
} from '@cairn/runtime'
import { letterOf, type Origin } from '../dead-letter.ts'

export type OutputTopic = 'labelled-events' | 'sessions' | 'conversions' | 'credits' | 'dead-letters'
const topics: readonly OutputTopic[] = ['labelled-events', 'sessions', 'conversions', 'credits', 'dead-letters']
const barrierTopics: readonly OutputTopic[] = ['labelled-events', 'sessions', 'conversions', 'credits']

/** For each topic, the running checksum of all outputs since the checkpoint. */
type Checksums = Readonly<Record<OutputTopic, number>>

const noOutputs: Checksums = { 'labelled-events': 0, sessions: 0, conversions: 0, credits: 0, 'dead-letters': 0 }

/**
 * Encodes the outputs of a batch and keeps the running checksums of all outputs since the checkpoint. A new owner folds
 * those events again without writing and must come to the same checksum: else the fold is not deterministic and going
 * on would contradict what is already published. A topic's keys and values are summed up as one text, so that where a
 * batch ends can't be seen in it.
 */
export class Outputs {
  readonly #writers: ReturnType<typeof writersFor>
  readonly #origin: Origin
  readonly #records: Readonly<Record<OutputTopic, RecordBuffer>> = {
    'labelled-events': new RecordBuffer(),
    sessions: new RecordBuffer(),
    conversions: new RecordBuffer(),
    credits: new RecordBuffer(),
    'dead-letters': new RecordBuffer(),
  }
  /** Of what is committed. */
  #sums = noOutputs
  #bytes = 0

  constructor(codec: Codec, origin: Origin) {
    this.#writers = writersFor(codec)
    this.#origin = origin
  }

  /** Of all outputs since the checkpoint, the batch's among them; 0 for none. */
  get crc(): number {
    const sums = this.#summedUp()
    return topics.reduce((crc, topic) => (Math.imul(crc, 31) + sums[topic]) >>> 0, 0)
  }

  /** Of the batch so far. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#bytes === 0
  }

  /** The batch's records by topic, named by `nameOf`: valid until `commit`. */
  records(nameOf: (topic: OutputTopic) => string): TopicBuffer[] {
    return topics
      .filter((topic) => this.#records[topic].length > 0)
      .map((topic) => ({ topic: nameOf(topic), records: this.#records[topic] }))
  }

  /** The batch is written: what follows is summed up on top of it, or after a checkpoint anew. */
  commit(isCheckpoint: boolean): void {
    this.#sums = isCheckpoint ? noOutputs : this.#summedUp()
    for (const topic of topics) this.#records[topic].clear()
    this.#bytes = 0
  }

  add(input: EventInput, output: Output): void {
    const { key } = output
    switch (output.kind) {
      case 'labelled':
        this.#write('labelled-events', key, this.#writers.labelled, { input, label: output.label })
        break
      case 'session':
        this.#write('sessions', key, this.#writers.session, output.row)
        break
      case 'conversion':
        this.#write('conversions', key, this.#writers.conversion, output.row)
        break
      case 'credit':
        this.#write('credits', key, this.#writers.credit, output.row)
        break
      case 'barrier': {
        const barrier = { flush_id: output.flush_id, hold_ms: output.hold_ms, input_offset: input.record.offset }
        for (const topic of barrierTopics) this.#write(topic, key, this.#writers.barrier, barrier)
        break
      }
      case 'dead-letter': {
        const letter = letterOf(this.#origin, input.source, output.reason, output.detail)
        this.#write('dead-letters', letter.key, this.#writers['dead-letter'], letter)
        break
      }
    }
  }

  #write<T>(topic: OutputTopic, key: string, write: WriteBytes<T>, value: T): void {
    this.#bytes += key.length + this.#records[topic].write(key, write, value)
  }

  #summedUp(): Checksums {
    const sum = (topic: OutputTopic) => crc32(this.#records[topic].contents, this.#sums[topic])
    return {
      'labelled-events': sum('labelled-events'),
      sessions: sum('sessions'),
      conversions: sum('conversions'),
      credits: sum('credits'),
      'dead-letters': sum('dead-letters'),
    }
  }
}

function writersFor(codec: Codec) {
  const writer =
    <K extends 'session' | 'conversion' | 'credit' | 'barrier' | 'dead-letter'>(kind: K): WriteBytes<RecordTypes[K]> =>
    (value, bytes, at) =>
      codec.write(kind, value, bytes, at)
  const labelled: WriteBytes<{ readonly input: EventInput; readonly label: Label }> = ({ input, label }, bytes, at) =>
    codec.writeLabelled(input.source.value as Buffer, input.schemaId, label, bytes, at)
  return {
    labelled,
    session: writer('session'),
    conversion: writer('conversion'),
    credit: writer('credit'),
    barrier: writer('barrier'),
    'dead-letter': writer('dead-letter'),
  }
}
