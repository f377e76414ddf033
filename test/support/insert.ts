import { expect } from '@jest/globals'
import { createContainerBuilder, readCatalog, type Container, type Warehouse } from '@cairn/runtime'

const catalog = readCatalog()

/** The partition that inserted rows come from. */
export const insertedPartition = 3

/** Messages as the sink puts them together, the first at offset `first`. */
export function containerOf(
  schema: string,
  first: number,
  messages: readonly Buffer[],
  partition = insertedPartition,
): Container {
  const builder = createContainerBuilder(catalog.named(schema), 1, partition)
  messages.forEach((message, i) => expect(builder.add(first + i, message)).toBeUndefined())
  return builder.build()
}

/**
 * Inserts as the sink does, as often as `times` says under the one token. A server refuses an id of a query that it runs,
 * for whichever database: tests of other files insert at the same time.
 */
export async function insertContainer(
  warehouse: Warehouse,
  table: string,
  container: Container,
  token: string,
  times = 1,
): Promise<void> {
  for (let attempt = 1; attempt <= times; attempt++) {
    const queryId = `${warehouse.database}/${token}#${attempt}`
    const done = await warehouse.insertContainer(table, container, { token, queryId })
    if (!done.ok) throw new Error(done.message)
  }
}
