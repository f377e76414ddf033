// One process of the measure of orders: `fill` or `warm`. Its result is a line of JSON.
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { orderKey, Orders, StoredOrders } from '@cairn/domain'
import {
  createCodec,
  createOrderCodec,
  openStateDisk,
  orderLayout,
  partitionFor,
  readCatalog,
  Turns,
  type StateDisk,
} from '@cairn/runtime'
import { AnonPeak, anonMb } from './memory.ts'
import { OrderLog } from './orders.ts'

const [command, folder = '', orderCount = '0'] = process.argv.slice(2)
const codec = createCodec(readCatalog())
const orderCodec = createOrderCodec(codec)
const log = new OrderLog(Number(orderCount))
const partitions = 4
const peak = new AnonPeak()
/** As the service has them: bytes that are written to the disk together; events of a batch. */
const [writtenAtOnce, eventsAtOnce] = [4 * 1024 * 1024, 1_000]

/** The orders of one partition on their way to the disk, as the service has them: the fold goes on while they are written. */
class Run {
  readonly #stored: StoredOrders
  readonly #orders: Orders
  readonly disk: StateDisk
  #storing: Promise<void> = Promise.resolve()

  constructor(disk: StateDisk) {
    this.disk = disk
    this.#stored = new StoredOrders(orderCodec, disk)
    this.#orders = new Orders(orderCodec, undefined, this.#stored)
  }

  take(place: number): void {
    const event = log.event(place)
    const body = { kind: 'event', event, wire: codec.encodeEvent(event) } as const
    this.#orders.step({ offset: place, appendedAt: log.appendedAt(place), key: orderKey(event), body })
  }

  async endBatch(): Promise<void> {
    this.#orders.takeChanged()
    if (this.#stored.unstoredBytes >= writtenAtOnce) await this.#begin()
  }

  async finish(): Promise<void> {
    this.#orders.takeChanged()
    await this.#begin()
    await this.#storing
  }

  async #begin(): Promise<void> {
    await this.#storing
    const place = Buffer.from(JSON.stringify({ position: this.#orders.position, stream_time: this.#orders.streamTime }))
    this.#storing = this.disk
      .write(this.#stored.takeUnstored(), new Map([['meta', place]]))
      .then(() => this.#stored.noteStored())
  }
}

async function fill(): Promise<object> {
  const runs = (await openAll()).map((disk) => new Run(disk))
  const rssAnonBeforeMb = anonMb()
  const sample = Math.floor(log.events / 10)
  let place = 0
  /** Folds up to a place; events per second. */
  const until = async (end: number): Promise<number> => {
    const [from, startedAt] = [place, performance.now()]
    while (place < end) {
      for (const last = Math.min(end, place + eventsAtOnce); place < last; place++) runOf(runs, place).take(place)
      for (const run of runs) await run.endBatch()
      await turn()
    }
    return Math.round(((place - from) * 1000) / (performance.now() - startedAt))
  }
  const first = await until(sample)
  await until(log.events - sample)
  const last = await until(log.events)
  const rssAnonMb = anonMb()
  const refunds = await until(log.events + Math.min(sample, 200_000))
  for (const run of runs) await run.finish()
  const disks = runs.map(({ disk }) => disk)
  const onDisk = disks.reduce((sum, disk) => sum + disk.size, 0)
  const diskMb = Math.round(disks.reduce((sum, disk) => sum + disk.bytes, 0) / 1e6)
  const memory = { rssAnonBeforeMb, rssAnonMb, rssAnonAfterMb: anonMb(), rssAnonPeakMb: peak.end() }
  const end = { ...memory, onDisk, diskMb }
  for (const disk of disks) await disk.close()
  return { eventsPerSecond: { first, last, refunds }, ...end }
}

function runOf(runs: readonly Run[], place: number): Run {
  return runs[partitionFor(`shop:${log.orderId(place)}`, partitions)]!
}

/** Until the first order that a restarted process looks at is there. */
async function warm(): Promise<object> {
  const before = performance.now()
  const disks = await openAll()
  const found = disks.filter((disk) => {
    const place = JSON.parse(disk.control('meta')?.toString() ?? '') as { position: number; stream_time: number }
    const stored = new StoredOrders(orderCodec, disk)
    new Orders(orderCodec, place, stored).takeChanged()
    return stored.get(`shop:${log.orderId(0)}`) !== undefined
  })
  const seconds = (performance.now() - before) / 1000
  if (found.length !== 1) throw new Error(`the first order is in ${found.length} partitions`)
  for (const disk of disks) await disk.close()
  return { seconds }
}

async function openAll(): Promise<StateDisk[]> {
  const writes = new Turns()
  const disks: StateDisk[] = []
  for (let partition = 0; partition < partitions; partition++) {
    const options = { folder: join(folder, `orders-${partition}`), layout: orderLayout(orderCodec), writes }
    disks.push((await openStateDisk(options, new AbortController().signal)).disk)
  }
  return disks
}

const result = { fill, warm }[String(command)]
if (result === undefined) throw new Error(`no command is called ${String(command)}`)
process.stdout.write(`${JSON.stringify(await result())}\n`)
