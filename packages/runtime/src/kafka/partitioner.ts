import { Partitioners, type PartitionMetadata } from 'kafkajs'

const byMurmur2 = Partitioners.DefaultPartitioner()

/** The partition of a key: murmur2 as the Java client does it, so that other producers agree. */
export function partitionFor(key: string, partitions: number): number {
  return byMurmur2({ topic: '', partitionMetadata: layout(partitions), message: { key, value: null } })
}

const layouts = new Map<number, PartitionMetadata[]>()

function layout(partitions: number): PartitionMetadata[] {
  let known = layouts.get(partitions)
  if (known === undefined) {
    known = Array.from({ length: partitions }, (_, partitionId) => ({
      partitionErrorCode: 0,
      partitionId,
      leader: 0,
      replicas: [],
      isr: [],
      offlineReplicas: [],
    }))
    layouts.set(partitions, known)
  }
  return known
}
