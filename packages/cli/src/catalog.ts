import { openCatalog, type Catalog } from '@cairn/runtime'
import { CommandFailure, exitCode } from './command.ts'
import type { Instance } from './instance/instance.ts'

/** The schemas with the ids the instance uses. */
export async function catalogOf({ schemaRegistry }: Instance): Promise<Catalog> {
  try {
    return await openCatalog(schemaRegistry)
  } catch (error) {
    if (schemaRegistry === undefined || !(error instanceof Error)) throw error
    throw new CommandFailure(exitCode.unavailable, error.message)
  }
}
