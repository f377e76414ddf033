import { Orders } from '@cairn/domain'
import {
  controlPrefix,
  createCodec,
  createOrderCodec,
  readCatalog,
  readLog,
  readOrderRecord,
  silentLogger,
  topicName,
  type Incoming,
  type TopicKind,
} from '@cairn/runtime'
import { brokers } from './kafka.ts'

export interface OrderDifference {
  readonly where: 'verdict' | 'state' | 'output'
  /** With whom it is said to; of an output, the topic and partition. */
  readonly order: string
  /** Which of them. */
  readonly at: number
  readonly what: 'missing' | 'extra' | 'different' | 'out of order'
}

interface Said {
  readonly offset: number
  readonly value: Buffer
}

const codec = createCodec(readCatalog())
const orderCodec = createOrderCodec(codec)

/**
 * The oracle of orders: folds topic `order-events` again from its beginning, in one go and in this process, and compares
 * what that gives with the verdicts in topic `events` and with the states in `order-state`. Each verdict must be there,
 * byte for byte and in order. One may be there again, as it was: a batch that was said and not committed is said twice.
 */
export async function orderDifferences(namespace: string): Promise<OrderDifference[]> {
  const { said, states } = await foldedAgain(namespace)
  const found = await foundVerdicts(namespace)
  const orders = new Set([...said.keys(), ...found.keys()])
  const ofVerdicts = [...orders].flatMap((order) => compareSaid(order, said.get(order) ?? [], found.get(order) ?? []))
  return [...ofVerdicts, ...compareStates(states, await foundStates(namespace))]
}

/** Verdicts in topic `events`, repeated ones among them. */
export async function saidVerdicts(namespace: string): Promise<number> {
  return [...(await foundVerdicts(namespace)).values()].reduce((sum, said) => sum + said.length, 0)
}

/** Whether a verdict in topic `events` came again after a later one of its order: a fold must not take it back. */
export async function hasStaleVerdicts(namespace: string): Promise<boolean> {
  const found = [...(await foundVerdicts(namespace)).values()]
  return found.some((said) => said.some(({ offset }, at) => offset < (said[at - 1]?.offset ?? 0)))
}

type VerdictsByOrder = Map<string, Said[]>
type States = Map<string, Uint8Array>

async function foldedAgain(namespace: string): Promise<{ said: VerdictsByOrder; states: States }> {
  const folds = new Map<number, Orders>()
  const said: VerdictsByOrder = new Map()
  await read(namespace, 'order-events', (partition, records) => {
    const orders = folds.get(partition) ?? new Orders(orderCodec)
    folds.set(partition, orders)
    for (const record of records)
      for (const { key, verdict } of orders.step(readOrderRecord(codec, record)).verdicts)
        note(said, key, verdict.order_id, { offset: verdict.order_offset, value: codec.encode('verdict', verdict) })
  })
  const states: States = new Map()
  for (const orders of folds.values())
    for (const [key, bytes] of orders.takeChanged()) if (bytes !== null) states.set(key, bytes)
  return { said, states }
}

async function foundVerdicts(namespace: string): Promise<VerdictsByOrder> {
  const said: VerdictsByOrder = new Map()
  await read(namespace, 'events', (_, records) => {
    for (const { key, value } of records) {
      const decoded = codec.decode(value)
      if (!decoded.ok || decoded.kind !== 'verdict') continue
      note(said, key, decoded.value.order_id, { offset: decoded.value.order_offset, value: value as Buffer })
    }
  })
  return said
}

async function foundStates(namespace: string): Promise<States> {
  const states: States = new Map()
  await read(namespace, 'order-state', (_, records) => {
    for (const { key, value } of records) {
      if (key.startsWith(controlPrefix)) continue
      if (value === null) states.delete(key)
      else states.set(key, value)
    }
  })
  return states
}

function note(said: VerdictsByOrder, key: string, order: string, one: Said): void {
  const id = `${order} of ${key}`
  const known = said.get(id)
  if (known === undefined) said.set(id, [one])
  else known.push(one)
}

/** Repetitions aside, the verdicts come in the order they are expected in; each repetition says what was said before. */
function compareSaid(order: string, expected: readonly Said[], actual: readonly Said[]): OrderDifference[] {
  const differences: OrderDifference[] = []
  const differ = (at: number, what: OrderDifference['what']) => differences.push({ where: 'verdict', order, at, what })
  const wanted = new Map(expected.map((one, at) => [one.offset, { ...one, at }]))
  let next = 0
  for (const [at, { offset, value }] of actual.entries()) {
    const one = wanted.get(offset)
    if (one === undefined) differ(at, 'extra')
    else if (!one.value.equals(value)) differ(at, 'different')
    else if (one.at > next) differ(at, 'out of order')
    else if (one.at === next) next++
  }
  for (let at = next; at < expected.length; at++) differ(at, 'missing')
  return differences
}

function compareStates(expected: States, actual: States): OrderDifference[] {
  return [...new Set([...expected.keys(), ...actual.keys()])].flatMap((order): OrderDifference[] => {
    const [wanted, found] = [expected.get(order), actual.get(order)]
    if (wanted !== undefined && found !== undefined && Buffer.from(wanted).equals(found)) return []
    const what = found === undefined ? 'missing' : wanted === undefined ? 'extra' : 'different'
    return [{ where: 'state', order, at: 0, what }]
  })
}

async function read(
  namespace: string,
  kind: TopicKind,
  visit: (partition: number, records: readonly Incoming[]) => void,
): Promise<void> {
  await readLog({ brokers: brokers(), clientId: 'replay', log: silentLogger }, topicName(namespace, kind), visit)
}
