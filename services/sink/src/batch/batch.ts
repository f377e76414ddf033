import {
  createContainerBuilder,
  readHeader,
  type Barrier,
  type Catalog,
  type CatalogEntry,
  type Codec,
  type Container,
  type ContainerBuilder,
  type Incoming,
  type RowFault,
} from '@cairn/runtime'
import type { Route } from '../routes.ts'

/** Why a message went to dead letters instead of into a table. */
export type DeadReason = RowFault | 'no_value' | 'not_wire_format' | 'unexpected_schema' | 'undecodable'

export interface DeadRecord {
  readonly record: Incoming
  readonly reason: DeadReason
}

/** A barrier that ends a batch: it is passed when the rows before it are queryable. */
export interface PassingBarrier extends Barrier {
  readonly offset: number
  /** When it was written, broker time. */
  readonly at: number
}

/** Rows of one schema: one insert. ClickHouse takes one schema a file, and a token covers one insert. */
export interface Portion {
  readonly schemaId: number
  readonly builder: ContainerBuilder
  readonly container: Container
}

/** Consecutive records of a topic-partition that are inserted, and recovered, as one. */
export interface Batch {
  readonly begin: number
  /** Offset after the last record. */
  readonly end: number
  readonly rows: number
  /** CRC-32 of all rows, portion by portion. */
  readonly crc: number
  readonly portions: readonly Portion[]
  readonly dead: readonly DeadRecord[]
  readonly barrier: PassingBarrier | undefined
}

/**
 * What adding a record came to: `taken`; `barrier`, taken and the batch must end; `unknown_schema`, not taken: the
 * catalog does not know the schema (yet), so nothing after it may be inserted either.
 */
export type Added = 'taken' | 'barrier' | 'unknown_schema'

export interface BatchOptions {
  readonly route: Route
  readonly catalog: Catalog
  readonly codec: Codec
  readonly generation: number
  readonly partition: number
}

/** Sorts records into rows, dead letters and a barrier. The same records always give the same batch. */
export class BatchBuilder {
  readonly #options: BatchOptions
  readonly #builders = new Map<number, ContainerBuilder>()
  readonly #dead: DeadRecord[] = []
  #barrier: PassingBarrier | undefined
  #first: Incoming | undefined
  #end = 0
  #records = 0
  #bytes = 0

  constructor(options: BatchOptions) {
    this.#options = options
  }

  get first(): Incoming | undefined {
    return this.#first
  }

  get records(): number {
    return this.#records
  }

  get bytes(): number {
    return this.#bytes
  }

  add(record: Incoming): Added {
    const added = this.#sort(record)
    if (added === 'unknown_schema') return added
    this.#first ??= record
    this.#end = record.offset + 1
    this.#records++
    this.#bytes += record.value?.length ?? 0
    return added
  }

  /** Throws when nothing was added: an empty batch has no offsets. */
  build(): Batch {
    if (this.#first === undefined) throw new Error('a batch needs at least one record')
    let crc = 0
    const portions: Portion[] = []
    for (const [schemaId, builder] of this.#builders) {
      const container = builder.build({ crcSeed: crc })
      crc = container.crc
      portions.push({ schemaId, builder, container })
    }
    return {
      begin: this.#first.offset,
      end: this.#end,
      rows: portions.reduce((sum, { container }) => sum + container.rows, 0),
      crc,
      portions,
      dead: this.#dead,
      barrier: this.#barrier,
    }
  }

  #sort(record: Incoming): Added {
    const message = record.value
    if (message === null) return this.#bury(record, 'no_value')
    const schemaId = readHeader(message)
    if (schemaId === undefined) return this.#bury(record, 'not_wire_format')
    const known = this.#builders.get(schemaId)
    if (known !== undefined) return this.#row(record, message, known)
    const entry = this.#options.catalog.find(schemaId)
    if (entry === undefined) return 'unknown_schema'
    if (entry.name === 'barrier') return this.#passBarrier(record, message)
    if (!this.#options.route.accepts(entry.name)) return this.#bury(record, 'unexpected_schema')
    return this.#row(record, message, this.#newBuilder(entry))
  }

  #row(record: Incoming, message: Buffer, builder: ContainerBuilder): Added {
    const fault = builder.add(record.offset, message)
    return fault === undefined ? 'taken' : this.#bury(record, fault)
  }

  #passBarrier(record: Incoming, message: Buffer): Added {
    const decoded = this.#options.codec.decode(message)
    if (!decoded.ok || decoded.kind !== 'barrier') return this.#bury(record, 'undecodable')
    this.#barrier = { ...decoded.value, offset: record.offset, at: record.timestamp }
    return 'barrier'
  }

  #bury(record: Incoming, reason: DeadReason): Added {
    this.#dead.push({ record, reason })
    return 'taken'
  }

  #newBuilder(entry: CatalogEntry): ContainerBuilder {
    const builder = createContainerBuilder(entry, this.#options.generation, this.#options.partition)
    this.#builders.set(entry.id, builder)
    return builder
  }
}
