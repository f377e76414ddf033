import { Orders } from '@cairn/domain'
import {
  createCodec,
  createOrderCodec,
  readCatalog,
  readLog,
  readOrderRecord,
  silentLogger,
  topicName,
  type Incoming,
} from '@cairn/runtime'
import { brokers } from './kafka.ts'

/** Of a verdict: its order and whom it is said to, and which of those it is. */
export interface VerdictDifference {
  readonly order: string
  readonly at: number
  readonly what: 'missing' | 'extra' | 'different' | 'out of order'
}

interface Said {
  readonly offset: number
  readonly value: Buffer
}

/**
 * The oracle of orders: folds topic `order-events` again from its beginning, in one go and in this process, and compares
 * what that says with the verdicts in topic `events`. Each must be there, byte for byte and in order. One may be there
 * again, as it was: a batch that was said and not committed is said twice.
 */
export async function verdictDifferences(namespace: string): Promise<VerdictDifference[]> {
  const expected = await expectedVerdicts(namespace)
  const actual = await foundVerdicts(namespace)
  const orders = new Set([...expected.keys(), ...actual.keys()])
  return [...orders].flatMap((order) => compare(order, expected.get(order) ?? [], actual.get(order) ?? []))
}

/** By order and key, what is to be said, in order. */
async function expectedVerdicts(namespace: string): Promise<Map<string, Said[]>> {
  const codec = createCodec(readCatalog())
  const folds = new Map<number, Orders>()
  const said = new Map<string, Said[]>()
  await read(topicName(namespace, 'order-events'), (partition, records) => {
    const orders = folds.get(partition) ?? new Orders(createOrderCodec(codec))
    folds.set(partition, orders)
    for (const record of records)
      for (const { key, verdict } of orders.step(readOrderRecord(codec, record)).verdicts)
        note(said, key, verdict.order_id, { offset: verdict.order_offset, value: codec.encode('verdict', verdict) })
  })
  return said
}

async function foundVerdicts(namespace: string): Promise<Map<string, Said[]>> {
  const codec = createCodec(readCatalog())
  const said = new Map<string, Said[]>()
  await read(topicName(namespace, 'events'), (_, records) => {
    for (const { key, value } of records) {
      const decoded = codec.decode(value)
      if (!decoded.ok || decoded.kind !== 'verdict') continue
      note(said, key, decoded.value.order_id, { offset: decoded.value.order_offset, value: value as Buffer })
    }
  })
  return said
}

function note(said: Map<string, Said[]>, key: string, order: string, one: Said): void {
  const id = `${order} of ${key}`
  const known = said.get(id)
  if (known === undefined) said.set(id, [one])
  else known.push(one)
}

/** Repetitions aside, the verdicts come in the order they are expected in; each repetition says what was said before. */
function compare(order: string, expected: readonly Said[], actual: readonly Said[]): VerdictDifference[] {
  const differences: VerdictDifference[] = []
  const wanted = new Map(expected.map((one, at) => [one.offset, { ...one, at }]))
  let next = 0
  for (const [at, { offset, value }] of actual.entries()) {
    const one = wanted.get(offset)
    if (one === undefined) differences.push({ order, at, what: 'extra' })
    else if (!one.value.equals(value)) differences.push({ order, at, what: 'different' })
    else if (one.at > next) differences.push({ order, at, what: 'out of order' })
    else if (one.at === next) next++
  }
  for (let at = next; at < expected.length; at++) differences.push({ order, at, what: 'missing' })
  return differences
}

async function read(topic: string, visit: (partition: number, records: readonly Incoming[]) => void): Promise<void> {
  await readLog({ brokers: brokers(), clientId: 'replay', log: silentLogger }, topic, visit)
}
