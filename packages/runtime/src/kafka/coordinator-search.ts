import { createRequire } from 'node:module'
import kafkajs from 'kafkajs'

type Search = (group: { readonly groupId: string }) => Promise<unknown>

interface ClusterClass {
  readonly prototype: { findGroupCoordinatorMetadata: Search }
}

/**
 * Has kafkajs search on for a group's coordinator when no broker could be asked for it. It takes that for the end of the
 * consumer, though it only means that each broker was starting, or had closed its connection, at that moment.
 * The version of kafkajs is pinned, and a test says that the method is still there.
 */
export function searchCoordinatorAgain(): void {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/cluster') as ClusterClass
  const search = prototype.findGroupCoordinatorMetadata
  prototype.findGroupCoordinatorMetadata = async function (group) {
    try {
      return await search.call(this, group)
    } catch (error) {
      throw isEndless(error) ? new kafkajs.KafkaJSError(error.message, { retriable: true }) : error
    }
  }
}

function isEndless(error: unknown): error is Error {
  return error instanceof Error && error.name === 'KafkaJSGroupCoordinatorNotFound'
}
