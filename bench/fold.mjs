// Steps per second of the pure fold on one thread, without Avro and Kafka: node bench/fold.mjs (after tsc -b).
// 1 M events of 100 k visitors in batches of 2,000, the default shop goals, a checkpoint every 50,000 records.
import { commit, createPartition, eventKey, step, takeDirty } from '@cairn/domain'
import { buildEvent } from '@cairn/testkit/domain'
import { serialize, deserialize } from 'node:v8'

const EVENTS = Number(process.env.EVENTS ?? 1_000_000)
const VISITORS = Number(process.env.VISITORS ?? 100_000)
const BATCH = 2_000
const CHECKPOINT = 50_000
const START = 1_700_000_000_000

const names = [
  'page_view',
  'page_view',
  'page_view',
  'view_item',
  'view_item',
  'add_to_cart',
  'begin_checkout',
  'purchase',
]
const goals = [
  { name: 'purchase', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' },
  { name: 'product_view', kind: 'micro', match: { event: 'view_item' }, count: 'once_per_session' },
  { name: 'add_to_cart', kind: 'micro', match: { event: 'add_to_cart' }, count: 'once_per_session' },
  { name: 'begin_checkout', kind: 'micro', match: { event: 'begin_checkout' }, count: 'once_per_session' },
  {
    name: 'key_page',
    kind: 'micro',
    match: { event: 'page_view', path: { glob: '/pricing/**' } },
    count: 'once_per_session',
  },
]

let seed = 1
const random = (below) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return Math.floor((seed / 2 ** 32) * below)
}

function recordAt(offset) {
  const time = START + offset * 2
  const name = names[random(names.length)]
  const event = buildEvent({
    event_id: `3f2a9c1e-0000-4000-8000-${offset.toString(16).padStart(12, '0')}`,
    visitor_id: `visitor-${random(VISITORS)}`,
    event_time: time - random(5_000),
    content_hash: offset,
    name,
    path: `/product/${random(500)}`,
    host: 'shop.example',
    url: 'https://shop.example/',
    source: random(3) === 0 ? 'google' : '',
    medium: 'cpc',
    device: 'mobile',
    order_id: name === 'purchase' ? `o${offset}` : '',
    value_minor: name === 'purchase' ? 4_990 : null,
    currency: name === 'purchase' ? 'EUR' : '',
  })
  return { offset, appendedAt: time, key: eventKey(event), body: { kind: 'event', event } }
}

const codec = {
  encode: (state) => serialize(state),
  decode: (bytes) => deserialize(bytes),
  peekDues: (bytes) => deserialize(bytes),
}

for (const withCheckpoints of [false, true]) {
  seed = 1
  const partition = createPartition(codec)
  step(partition, {
    offset: 0,
    appendedAt: START,
    key: '',
    body: { kind: 'definitions', number: 0, json: JSON.stringify({ goals }) },
  })
  let spent = 0
  let cpu = 0
  let outputs = 0
  for (let at = 1; at <= EVENTS; at += BATCH) {
    const records = Array.from({ length: BATCH }, (_, i) => recordAt(at + i))
    const started = performance.now()
    const cpuBefore = process.cpuUsage()
    for (const record of records) outputs += step(partition, record).outputs.length
    if (withCheckpoints && (at - 1) % CHECKPOINT === 0) takeDirty(partition)
    commit(partition)
    spent += performance.now() - started
    const used = process.cpuUsage(cpuBefore)
    cpu += used.user + used.system
  }
  console.log(
    JSON.stringify({
      measure: withCheckpoints ? 'fold with v8-encoded checkpoints' : 'fold',
      steps_per_second: Math.round(EVENTS / (spent / 1000)),
      steps_per_cpu_second: Math.round(EVENTS / (cpu / 1e6)),
      outputs_per_step: Number((outputs / EVENTS).toFixed(2)),
      heap_mb: Math.round(process.memoryUsage().heapUsed / 1e6),
    }),
  )
}
