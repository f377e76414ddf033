import { crc32 } from 'node:zlib'
import type { Output } from '@cairn/domain'
import {
  fittedDeadLetter,
  type Codec,
  type DeadLetter,
  type EventInput,
  type Outgoing,
  type TopicRecords,
} from '@cairn/runtime'

export type OutputTopic = 'labelled-events' | 'sessions' | 'conversions' | 'dead-letters'
const topics: readonly OutputTopic[] = ['labelled-events', 'sessions', 'conversions', 'dead-letters']
const barrierTopics: readonly OutputTopic[] = ['labelled-events', 'sessions', 'conversions']

/** Where a dead letter says it comes from. */
export interface Origin {
  readonly topic: string
  readonly partition: number
}

/**
 * Encodes the outputs of a batch and keeps the running checksum of all outputs since the checkpoint. A new owner folds
 * those events again without writing and must come to the same checksum: else the fold is not deterministic and going
 * on would contradict what is already published.
 */
export class Outputs {
  readonly #codec: Codec
  readonly #origin: Origin
  #records = emptyRecords()
  #crc: number
  #bytes = 0

  constructor(codec: Codec, origin: Origin, crc: number) {
    this.#codec = codec
    this.#origin = origin
    this.#crc = crc
  }

  get crc(): number {
    return this.#crc
  }

  /** Of the batch so far. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return topics.every((topic) => this.#records[topic].length === 0)
  }

  add(input: EventInput, output: Output): void {
    const { key } = output
    switch (output.kind) {
      case 'labelled':
        this.#put(
          'labelled-events',
          key,
          this.#codec.prependLabel(input.source.value as Buffer, input.schemaId, output.label),
        )
        break
      case 'session':
        this.#put('sessions', key, this.#codec.encode('session', output.row))
        break
      case 'conversion':
        this.#put('conversions', key, this.#codec.encode('conversion', output.row))
        break
      case 'barrier': {
        const value = this.#codec.encode('barrier', {
          flush_id: output.flush_id,
          hold_ms: output.hold_ms,
          input_offset: input.record.offset,
        })
        for (const topic of barrierTopics) this.#put(topic, key, value)
        break
      }
      case 'dead-letter': {
        const letter = this.#deadLetter(input, output.reason, output.detail)
        this.#put('dead-letters', letter.key, this.#codec.encode('dead-letter', letter))
        break
      }
    }
  }

  /** The batch's records by topic, named by `nameOf`. */
  take(nameOf: (topic: OutputTopic) => string): TopicRecords[] {
    const taken = this.#records
    this.#records = emptyRecords()
    this.#bytes = 0
    return topics
      .filter((topic) => taken[topic].length > 0)
      .map((topic) => ({ topic: nameOf(topic), records: taken[topic] }))
  }

  #put(topic: OutputTopic, key: string, value: Buffer): void {
    this.#crc = crc32(value, crc32(key, crc32(topic, this.#crc)))
    this.#bytes += key.length + value.length
    this.#records[topic].push({ key, value })
  }

  #deadLetter({ source, record }: EventInput, reason: string, detail: string): DeadLetter {
    return fittedDeadLetter({
      id: `${this.#origin.topic}-${this.#origin.partition}-${record.offset}`,
      stage: 'attribution',
      reason,
      detail,
      site: '',
      origin_topic: this.#origin.topic,
      origin_partition: this.#origin.partition,
      origin_offset: record.offset,
      at: record.appendedAt,
      key: source.key,
      payload: source.value ?? Buffer.alloc(0),
    })
  }
}

function emptyRecords(): Record<OutputTopic, Outgoing[]> {
  return { 'labelled-events': [], sessions: [], conversions: [], 'dead-letters': [] }
}
