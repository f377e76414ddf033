import type {
  ConversionRow,
  CreditRow,
  Label,
  Millis,
  OrderState,
  SessionRow,
  StorefrontEvent,
  WrittenVerdict,
} from '@cairn/domain'

/** Values of the records that are not the domain's own, by the schema that documents them. */
export interface Tick {
  readonly flush_id: string
  readonly hold_ms: number
}

export interface DefinitionsRecord {
  readonly number: number
  readonly json: string
}

export interface Barrier {
  readonly flush_id: string
  readonly hold_ms: number
  readonly input_offset: number
}

export interface DeadLetter {
  readonly id: string
  readonly stage: 'ingest' | 'attribution' | 'sink'
  readonly reason: string
  readonly detail: string
  readonly site: string
  readonly origin_topic: string
  readonly origin_partition: number
  readonly origin_offset: number
  readonly at: Millis
  readonly key: string
  readonly payload: Buffer
}

export interface AttributionMeta {
  readonly position: number
  readonly parts: number
  readonly stream_time: Millis
  readonly definitions_number: number
  readonly fold_version: number
  readonly crc: number
  readonly checkpoint: number
}

export interface AttributionCheckpoint {
  readonly position: number
  readonly parts: number
  readonly stream_time: Millis
  readonly event_clock: Millis
  readonly definitions_number: number
  readonly definitions: string
  readonly fold_version: number
  readonly partitions: number
}

export interface OrderMeta {
  readonly position: number
  readonly stream_time: Millis
  readonly fold_version: number
  readonly partitions: number
}

export interface Fence {
  readonly owner: string
}

export interface SinkIntent {
  readonly generation: number
  readonly topic: string
  readonly topic_id: string
  readonly begin: number
  readonly end: number
  readonly rows: number
  readonly crc: number
  readonly at: Millis
  readonly done: boolean
}

export interface RecordTypes {
  readonly event: StorefrontEvent
  readonly labelled: Label & StorefrontEvent
  readonly tick: Tick
  readonly definitions: DefinitionsRecord
  readonly verdict: WrittenVerdict
  readonly session: SessionRow
  readonly conversion: ConversionRow
  readonly credit: CreditRow
  readonly barrier: Barrier
  readonly 'dead-letter': DeadLetter
  readonly 'attribution-meta': AttributionMeta
  readonly 'attribution-checkpoint': AttributionCheckpoint
  readonly 'order-state': OrderState
  readonly 'order-meta': OrderMeta
  readonly fence: Fence
  readonly 'sink-intent': SinkIntent
}

export type RecordKind = keyof RecordTypes
