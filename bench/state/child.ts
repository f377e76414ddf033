// One process of the measure of visitor states: `fill`, `warm` or `rebuild`. Its result is a line of JSON.
import { appendFileSync, closeSync, openSync, readSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import {
  createPartition,
  limitCache,
  noteStored,
  restorePartition,
  step,
  takeDirty,
  type Checkpoint,
  type LogRecord,
  type PartitionState,
} from '@cairn/domain'
import { createVisitorCodec, openStateDisk, readCatalog, Turns, visitorLayout, type StateDisk } from '@cairn/runtime'
import { AnonPeak, anonMb } from './memory.ts'
import type { Filled, Rebuilt, Warm } from './limits.ts'
import { VisitorLog } from './visitors.ts'

const [command, folder = '', visitorCount = '0', cacheBytes = '0'] = process.argv.slice(2)
const codec = createVisitorCodec(readCatalog())
const log = new VisitorLog(Number(visitorCount))
/** What the state topic would hold: key and state, each after its length. */
const topicFile = join(folder, 'topic')
const peak = new AnonPeak()
/** As the service has them, but for changed states: of these it may hold 128 MiB unless told otherwise. */
const [checkpointBytes, restoredAtOnce, eventsAtOnce] = [320 * 1024 * 1024, 30_000, 1_000]

async function fill(): Promise<Filled> {
  rmSync(topicFile, { force: true })
  const disk = await open('disk')
  const partition = createPartition(codec, { cold: disk })
  limitCache(partition, Number(cacheBytes))
  const run = new Run(partition, disk)
  const records = log.records()
  const sample = Math.floor(log.events / 10)
  const first = await run.take(records, sample)
  await run.take(records, log.events - 2 * sample)
  const last = await run.take(records)
  const rssAnonMb = anonMb()
  const returning = await run.take(returningTo(partition), Math.min(sample, 200_000))
  await run.checkpoint()
  await run.stored
  const { hits, misses } = partition.cache
  const stateBytes = Math.round(run.savedBytes / run.saved)
  const memory = { rssAnonMb, rssAnonAfterMb: anonMb(), rssAnonPeakMb: peak.end() }
  const end = { ...memory, diskMb: Math.round(disk.bytes / 1e6), stateBytes, hits, misses }
  await disk.close()
  return { eventsPerSecond: { first, last, returning }, ...end }
}

async function warm(): Promise<Warm> {
  const before = performance.now()
  const disk = await open('disk')
  const checkpoint = JSON.parse(disk.control('checkpoint')?.toString() ?? '') as Checkpoint
  const partition = restorePartition(codec, checkpoint, { cold: disk })
  step(partition, log.returning(partition.position))
  const seconds = (performance.now() - before) / 1000
  const rssAnonPeakMb = peak.end()
  await disk.close()
  return { seconds, rssAnonPeakMb }
}

/** Without the reading from Kafka, which `restore` measures. */
async function rebuild(): Promise<Rebuilt> {
  const before = performance.now()
  const disk = await open('rebuilt')
  let states = new Map<string, Buffer>()
  for (const [key, state] of readTopic()) {
    states.set(key, state)
    if (states.size < restoredAtOnce) continue
    await disk.write(states, new Map())
    peak.sample()
    states = new Map()
  }
  await disk.write(states, new Map())
  const seconds = (performance.now() - before) / 1000
  const end = { seconds, rssAnonMb: anonMb(), rssAnonPeakMb: peak.end(), diskMb: Math.round(disk.bytes / 1e6) }
  await disk.discard()
  return end
}

/** Events of visitors who were all there before. */
function* returningTo(partition: PartitionState): Generator<LogRecord> {
  for (;;) yield log.returning(partition.position)
}

async function open(name: string): Promise<StateDisk> {
  const options = { folder: join(folder, name), layout: visitorLayout(codec), writes: new Turns() }
  return (await openStateDisk(options, new AbortController().signal)).disk
}

/** The fold at work as in the service: the next checkpoint waits until the last is on the disk, nothing else does. */
class Run {
  readonly #partition: PartitionState
  readonly #disk: StateDisk
  stored: Promise<void> = Promise.resolve()
  /** States of all checkpoints, and their bytes. */
  saved = 0
  savedBytes = 0

  constructor(partition: PartitionState, disk: StateDisk) {
    this.#partition = partition
    this.#disk = disk
  }

  /** Folds so many records, or all that are left; records per second. */
  async take(records: Iterator<LogRecord>, most = Infinity): Promise<number> {
    const startedAt = performance.now()
    let taken = 0
    for (let next = records.next(); next.done !== true; next = records.next()) {
      step(this.#partition, next.value)
      if (++taken >= most) break
      if (taken % eventsAtOnce !== 0) continue
      if (this.#partition.dirtyMemory >= checkpointBytes) await this.checkpoint()
      else await turn()
    }
    return Math.round((taken * 1000) / (performance.now() - startedAt))
  }

  async checkpoint(): Promise<void> {
    await this.stored
    const { position, parts, streamTime, eventClock, definitions } = this.#partition
    const states = takeDirty(this.#partition)
    for (const [, bytes] of states) this.savedBytes += bytes?.length ?? 0
    this.saved += states.length
    const checkpoint = { position, parts, stream_time: streamTime, event_clock: eventClock, definitions_number: definitions.number, definitions: definitions.json } // prettier-ignore
    appendTopic(states)
    peak.sample()
    const control = new Map([['checkpoint', Buffer.from(JSON.stringify(checkpoint))]])
    this.stored = this.#disk.write(states, control).then(() => noteStored(this.#partition))
  }
}

function appendTopic(states: readonly (readonly [key: string, bytes: Uint8Array | null])[]): void {
  const parts = states.flatMap(([key, bytes]) => {
    const [name, state] = [Buffer.from(key), bytes ?? Buffer.alloc(0)]
    const lengths = Buffer.alloc(8)
    lengths.writeUInt32LE(name.length)
    lengths.writeUInt32LE(state.length, 4)
    return [lengths, name, state]
  })
  appendFileSync(topicFile, Buffer.concat(parts))
}

function* readTopic(): Generator<[key: string, state: Buffer]> {
  const file = openSync(topicFile, 'r')
  const chunk = Buffer.alloc(8 * 1024 * 1024)
  let kept = Buffer.alloc(0)
  for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
    kept = Buffer.concat([kept, chunk.subarray(0, read)])
    let at = 0
    while (at + 8 <= kept.length) {
      const [key, state] = [kept.readUInt32LE(at), kept.readUInt32LE(at + 4)]
      const end = at + 8 + key + state
      if (end > kept.length) break
      yield [kept.toString('utf8', at + 8, at + 8 + key), Buffer.from(kept.subarray(at + 8 + key, end))]
      at = end
    }
    kept = kept.subarray(at)
  }
  closeSync(file)
}

const result = { fill, warm, rebuild }[String(command)]
if (result === undefined) throw new Error(`no command is called ${String(command)}`)
process.stdout.write(`${JSON.stringify(await result())}\n`)
