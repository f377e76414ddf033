// Folds orders that take months, or more than a visitor has room for, in memory and by the build below a folder; prints what
// they come to as JSON.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [root] = process.argv.slice(2)
const testkit = pathToFileURL(join(root, 'packages', 'testkit', 'dist', 'domain', 'index.js'))
const { buildEvent, decided, folded, FoldRun, LogBuilder, Warehouse } = await import(testkit.href)

const T = Date.UTC(2026, 0, 5, 10)
const DAY = 24 * 60 * 60_000
const buy = { name: 'buy', kind: 'macro', match: { event: 'purchase' }, value: 'event', dedupe_by: 'order_id' }
const sale = { name: 'purchase', value_minor: 1_000, currency: 'EUR', is_server: true }

/** An order whose page is loaded again every third day for a year, and which half a year after that is worth 700. */
function prolonged() {
  const log = new LogBuilder()
  log.definitions(T, 1, { goals: [buy] })
  const put = (day, fields) => {
    const event_time = T + day * DAY
    log.event(event_time, buildEvent({ ...sale, order_id: 'o', event_id: `e${day}`, event_time, ...fields }))
  }
  put(0, {})
  for (let day = 100; day < 370; day += 3) put(day, {})
  put(545, { name: 'order_updated', value_minor: 700 })
  return folded(decided(log.records))
    .liveConversions()
    .map((row) => row.value_minor)
}

/** Forty orders with rows for twenty goals each, and each of their verdicts once more, as after a crash. */
function saidAgain() {
  const fold = new FoldRun()
  const warehouse = new Warehouse()
  fold.define(T, { goals: Array.from({ length: 20 }, (_, at) => ({ ...buy, name: `buy${at}${'-'.repeat(200)}` })) })
  for (let at = 0; at < 80; at++) {
    const [order, now] = [`o${at % 40}`, T + at * 3 * DAY]
    const event = buildEvent({ ...sale, order_id: order, event_id: order, event_time: T + (at % 40) })
    warehouse.apply(fold.verdict(now, event, {}).result.outputs)
  }
  return warehouse.liveConversions().length
}

process.stdout.write(JSON.stringify({ prolonged: prolonged(), saidAgain: saidAgain() }))
