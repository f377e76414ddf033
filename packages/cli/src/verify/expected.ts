import type { Catalog, Codec } from '@cairn/runtime'
import { fingerprint } from './fingerprint.ts'
import { PartitionFold, type FoldedRow } from './fold.ts'
import { RollUp } from './roll-up.ts'
import { AscendingIndex, ExpectedRows } from './rows.ts'
import { VisitorUsers } from './visitor-users.ts'

/** The tables of facts, whose rows later ones replace, each with the column that identifies a row. */
export const factTables = { sessions: 'session_id', conversions: 'conversion_id', credits: 'conversion_id' } as const
export type FactTable = keyof typeof factTables

/** Columns of the tables of facts; their records say more, for the roll-up. */
export type FactColumns = Readonly<Record<FactTable, readonly string[]>>

/** What one partition of the warehouse must hold. */
export class ExpectedPartition {
  readonly fold: PartitionFold
  /** By their offset in topic `events`. */
  readonly events = new ExpectedRows<number>(new AscendingIndex())
  readonly sessions = new ExpectedRows<string>(new Map())
  readonly conversions = new ExpectedRows<string>(new Map())
  readonly credits = new ExpectedRows<string>(new Map())
  /** By the event's offset in topic `events`. */
  readonly event_moves = new ExpectedRows<number>(new Map())
  readonly rollUp = new RollUp()
  readonly visitorUsers = new VisitorUsers()

  readonly #columns: FactColumns

  constructor(catalog: Catalog, codec: Codec, columns: FactColumns) {
    this.#columns = columns
    this.fold = new PartitionFold(catalog, codec, (row) => this.#take(row))
  }

  #take({ table, key, row }: FoldedRow): void {
    switch (table) {
      case 'events':
        this.events.put(key, fingerprint(row))
        this.visitorUsers.add(row)
        break
      case 'sessions':
        this.sessions.put(key, factHash(row, this.#columns.sessions))
        this.rollUp.replace(row)
        break
      case 'event_moves':
        this.event_moves.put(key, fingerprint(row))
        break
      case 'conversions':
      case 'credits':
        this[table].put(key, factHash(row, this.#columns[table]))
        break
    }
  }
}

function factHash(row: { readonly is_deleted: 0 | 1 }, columns: readonly string[]): Buffer | undefined {
  if (row.is_deleted === 1) return undefined
  const values = row as unknown as Readonly<Record<string, unknown>>
  return fingerprint(Object.fromEntries(columns.map((name) => [name, values[name]])))
}
