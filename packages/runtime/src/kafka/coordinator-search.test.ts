import { describe, expect, it } from '@jest/globals'
import { createRequire } from 'node:module'
import './client.ts'

interface ClusterClass {
  readonly prototype: { findGroupCoordinatorMetadata(group: { groupId: string }): Promise<unknown> }
}

const { prototype } = createRequire(import.meta.url)('kafkajs/src/cluster') as ClusterClass

describe('the search for a coordinator', () => {
  it('may be repeated when no broker could be asked', async () => {
    const cluster = { brokerPool: { withBroker: () => Promise.resolve(null) } }
    const search = prototype.findGroupCoordinatorMetadata.call(cluster as never, { groupId: 'g' })
    await expect(search).rejects.toMatchObject({ message: 'Failed to find group coordinator', retriable: true })
  })

  it('gives what a broker answers', async () => {
    const cluster = { brokerPool: { withBroker: () => Promise.resolve({ coordinator: { nodeId: 1 } }) } }
    const search = prototype.findGroupCoordinatorMetadata.call(cluster as never, { groupId: 'g' })
    expect(await search).toEqual({ coordinator: { nodeId: 1 } })
  })
})
