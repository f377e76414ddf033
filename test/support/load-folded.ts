import { createContainerBuilder, readCatalog, type Warehouse } from '@cairn/runtime'
import type { Folded, WrittenSchema } from '../cases/folded.ts'
import { insertContainer } from './insert.ts'

const landing: readonly (readonly [table: string, schema: WrittenSchema])[] = [
  ['events', 'labelled:1'],
  ['sessions_in', 'session'],
  ['conversions_in', 'conversion'],
  ['credits_in', 'credit'],
]

/** Puts what was folded into the tables of a migrated database, as the sink would. */
export async function loadFolded(warehouse: Warehouse, { written }: Folded, name = ''): Promise<void> {
  for (const [table, schema] of landing) {
    const builder = createContainerBuilder(readCatalog().named(schema), 1, 0)
    if (written[schema].length === 0) continue
    for (const [offset, message] of written[schema].entries()) builder.add(offset, message)
    await insertContainer(warehouse, table, builder.build(), `${name}${table}`)
  }
}
