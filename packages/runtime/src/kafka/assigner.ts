import { AssignerProtocol, type GroupMember, type PartitionAssigner } from 'kafkajs'

const name = 'cairn-co-partitioned'
const version = 1

/**
 * Gives a member the same partitions of every subscribed topic, because a partition's input, state and outputs belong
 * together, and as far as balance allows the ones it already holds, because moving one costs a restore.
 */
export function coPartitioned(partitions: number, held: () => readonly number[]): PartitionAssigner {
  return () => ({
    name,
    version,
    protocol({ topics }) {
      return {
        name,
        metadata: AssignerProtocol.MemberMetadata.encode({
          version,
          topics,
          userData: Buffer.from(JSON.stringify(held())),
        }),
      }
    },
    assign({ members, topics }) {
      const shares = share(
        partitions,
        members.map((member) => ({ memberId: member.memberId, held: heldBy(member) })),
      )
      return Promise.resolve(
        [...shares].map(([memberId, owned]) => ({
          memberId,
          memberAssignment: AssignerProtocol.MemberAssignment.encode({
            version,
            assignment: Object.fromEntries(topics.map((topic) => [topic, owned])),
            userData: Buffer.alloc(0),
          }),
        })),
      )
    },
  })
}

function heldBy(member: GroupMember): number[] {
  const decoded = AssignerProtocol.MemberMetadata.decode(member.memberMetadata)
  if (decoded === null || decoded.userData.length === 0) return []
  return JSON.parse(decoded.userData.toString()) as number[]
}

export interface Claim {
  readonly memberId: string
  readonly held: readonly number[]
}

/** Balanced to within one partition; a partition claimed by two members goes to the one first by id. */
export function share(partitions: number, claims: readonly Claim[]): Map<string, number[]> {
  const members = [...claims].sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const shares = new Map(members.map((m) => [m.memberId, [] as number[]]))
  const least = Math.floor(partitions / members.length)
  let oneMore = partitions - least * members.length
  const free = new Set(Array.from({ length: partitions }, (_, p) => p))
  for (const { memberId, held } of members) {
    const owned = shares.get(memberId) ?? []
    for (const p of held) {
      const room = owned.length < least || (owned.length === least && oneMore > 0)
      if (!room || !free.delete(p)) continue
      if (owned.length === least) oneMore--
      owned.push(p)
    }
  }
  for (const p of free) smallest(shares).push(p)
  for (const owned of shares.values()) owned.sort((a, b) => a - b)
  return shares
}

function smallest(shares: ReadonlyMap<string, number[]>): number[] {
  return [...shares.values()].reduce((a, b) => (b.length < a.length ? b : a))
}
