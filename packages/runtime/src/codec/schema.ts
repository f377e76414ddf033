/** The part of an Avro schema the codec reads itself. */
export type AvroSchema =
  | string
  | AvroSchema[]
  | AvroRecord
  | { readonly type: 'array'; readonly items: AvroSchema }
  | { readonly type: 'map'; readonly values: AvroSchema }
  | { readonly type: 'enum'; readonly name: string; readonly symbols: readonly string[] }
  | { readonly type: 'fixed'; readonly name: string; readonly size: number }
  | { readonly type: Primitive; readonly logicalType?: string }

type Primitive = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'string' | 'bytes'

export interface AvroField {
  readonly name: string
  readonly type: AvroSchema
  readonly doc?: string
  readonly default?: unknown
}

export interface AvroRecord {
  readonly type: 'record'
  readonly name: string
  readonly namespace?: string
  readonly doc?: string
  readonly fields: readonly AvroField[]
}

/** The schema whose encoding is the encoding of `first` followed by that of `second`. */
export function concatenate(name: string, first: AvroRecord, second: AvroRecord): AvroRecord {
  return { type: 'record', name, namespace: 'cairn', fields: [...first.fields, ...second.fields] }
}
