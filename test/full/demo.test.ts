import { afterAll, expect, it, jest } from '@jest/globals'
import { discardStack } from '@cairn/stack'
import { temporaryDataDir } from '../integration/stack/processes.ts'
import { cairnWith, removeAll } from '../support/cli.ts'
import { ownEnvironment } from '../support/servers.ts'

/** What became of orders in the currency most are in: some of each, and of what is refunded in part, a part. */
const orders =
  /^ {2}EUR +placed +[1-9].*\n +partly refunded +[1-9]\d* +[\d,.]*[1-9][\d,.]* +[\d,.]*[1-9][\d,.]* +[\d,.]*[1-9][\d,.]*\n +refunded +[1-9].* 0\.00\n +cancelled +[1-9].* 0\.00\n/m

/** What the report on the simulated shop says, in this order; the figures are those of the day it runs on. */
const sections = [
  /^Simulated shop · .* · without bots\n═+\n\n {2}Conversion rate +\d+\.\d % {2}[\d,]+ of [\d,]+ visitors bought$/m,
  /^By channel\n {2}Channel +Visits .*\n.*\n {2}[A-Z][a-z]+ .*\d+\.\d %/m,
  /^From visit to purchase, .*\n {2}Step .*\n.*\n {2}Visit +[\d,]+ +100\.0 %.*\n {2}Product view .*\n {2}Add to cart .*\n {2}Begin checkout .*\n {2}Purchase +[1-9]/m,
  /^ {2}Cart abandonment rate +\d+\.\d % {2}[\d,]+ of [\d,]+ visits with something put into the cart/m,
  /^Orders and what became of them\n {2}Currency +Orders +Number +Gross +Refunded +Net\n.*(?:\n.*){8,}\n\n {2}Under each of 6 models the credits come to the net value in every currency\.$/m,
  /^Attribution: share of orders by model\n {2}Channel +First +Last +Last non-direct +Linear +Position +Decay\n.*(?:\n {2}\S.*(?: +\d+\.\d %){6}){4,}\n/m,
  /^Attribution: share of revenue by first and last touch\n {2}Channel +EUR first +EUR last .*\n.*(?:\n {2}\S.*(?: +\d+\.\d %){2,}){4,}\n/m,
  /^Which micro conversions come before a purchase: .*\n {2}Goal +Reached +Bought after +Others +Bought +Points +95 % interval +Orders +Median +Removal\n.*(?:\n {2}[a-z].*){5,}\n/m,
  /^The simulated shop kept its own books: visits by channel, carts, orders and revenue are the same\.$/m,
  /^0 differences/m,
  /^site demo, from its events by SQL: [1-9]\d* sessions, [1-9]\d* conversions, [1-9]\d* credits; 0 differences$/m,
]

// A quiet machine takes under 90 s, a busy one several times that.
jest.setTimeout(600_000)

const dataDir = temporaryDataDir()

afterAll(async () => {
  removeAll()
  expect(await discardStack({ dataDir, env: process.env })).toEqual({ ok: true })
})

it("the demo reports on its shop, agrees with the shop's books and with the log, and stops", async () => {
  const begun = performance.now()
  const { exit, out, err } = await cairnWith(await ownEnvironment(), 'demo', '--exit', '--data', dataDir)
  console.info(`cairn demo --exit took ${((performance.now() - begun) / 1000).toFixed(0)} s`)
  expect({ exit, err }).toEqual({ exit: 0, err: expect.stringMatching(/^demo took \d+ s$/m) })
  const places = sections.map((section) => out.search(section))
  expect([sections.filter((_, at) => places[at] === -1), out]).toEqual([[], expect.any(String)])
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  const [shop = ''] = out.split('\nThe simulated shop kept its own books')
  expect(shop).toMatch(orders)
  expect(out).not.toMatch(/not judged|left out by SQL/)
})
