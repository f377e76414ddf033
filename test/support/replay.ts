import { createPartition } from '@cairn/domain'
import { Outputs } from '@cairn/attribution'
import {
  createCodec,
  createVisitorCodec,
  readCatalog,
  readEventInput,
  readLog,
  silentLogger,
  topicName,
  type Incoming,
  type Outgoing,
  type TopicKind,
} from '@cairn/runtime'
import { foldWhole } from '@cairn/testkit/domain'
import { brokers } from './kafka.ts'

const compared = ['labelled-events', 'sessions', 'conversions', 'credits', 'dead-letters'] as const

export interface Difference {
  readonly topic: string
  readonly partition: number
  /** Position among the records of the partition. */
  readonly at: number
  readonly what: 'missing' | 'extra' | 'different'
}

/**
 * The oracle of attribution: folds topic `events` again from its beginning, in one go and in this process, and compares
 * what that gives with the output topics, record by record and byte by byte. A lost, doubled, reordered or torn output
 * is a difference.
 */
export async function differencesFromReplay(namespace: string): Promise<Difference[]> {
  const expected = await replayed(namespace)
  const differences: Difference[] = []
  for (const kind of compared) {
    const actual = await read(topicName(namespace, kind))
    const partitions = new Set([
      ...actual.keys(),
      ...[...expected.keys()].filter((k) => k.startsWith(`${kind}-`)).map((k) => Number(k.slice(kind.length + 1))),
    ])
    for (const partition of partitions)
      differences.push(
        ...compare(kind, partition, expected.get(`${kind}-${partition}`) ?? [], actual.get(partition) ?? []),
      )
  }
  return differences
}

/** What one undisturbed fold of topic `events` gives, by topic and partition: `sessions-0`. */
export async function replayed(namespace: string): Promise<ReadonlyMap<string, readonly Outgoing[]>> {
  const catalog = readCatalog()
  const codec = createCodec(catalog)
  const expected = new Map<string, Outgoing[]>()
  const events = topicName(namespace, 'events')
  for (const [partition, records] of await read(events)) {
    const fold = createPartition(createVisitorCodec(catalog))
    const outputs = new Outputs(codec, { topic: events, partition })
    for (const source of records) {
      const input = readEventInput(codec, source)
      for (const output of foldWhole(fold, input.record).outputs) outputs.add(input, output)
    }
    for (const { topic, records: given } of outputs.records((kind) => kind))
      expected.set(`${topic}-${partition}`, [...given])
  }
  return expected
}

function compare(
  topic: TopicKind,
  partition: number,
  expected: readonly Outgoing[],
  actual: readonly Incoming[],
): Difference[] {
  const differences: Difference[] = []
  for (let at = 0; at < Math.max(expected.length, actual.length); at++) {
    const [wanted, found] = [expected[at], actual[at]]
    if (wanted === undefined) differences.push({ topic, partition, at, what: 'extra' })
    else if (found === undefined) differences.push({ topic, partition, at, what: 'missing' })
    else if (wanted.key !== found.key || !wanted.value?.equals(found.value ?? Buffer.alloc(0)))
      differences.push({ topic, partition, at, what: 'different' })
  }
  return differences
}

async function read(topic: string): Promise<Map<number, Incoming[]>> {
  const found = new Map<number, Incoming[]>()
  await readLog({ brokers: brokers(), clientId: 'replay', log: silentLogger }, topic, (partition, records) => {
    const known = found.get(partition)
    if (known === undefined) found.set(partition, [...records])
    else known.push(...records)
  })
  return found
}
