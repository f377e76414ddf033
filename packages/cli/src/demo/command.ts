import { existsSync, readdirSync } from 'node:fs'
import { Readable } from 'node:stream'
import { discardStack } from '@cairn/stack'
import { CommandFailure, exitCode, text, whole, type Command, type ExitCode, type Io, type Values } from '../command.ts'
import { barriersPassed, flush } from '../flush.ts'
import { dataDirectory, type Instance } from '../instance/instance.ts'
import { tellProgress } from '../instance/progress.ts'
import { startInstance } from '../instance/start.ts'
import type { Line } from '../send/messages.ts'
import { sendAll } from '../send/send.ts'
import { rows } from '../warehouse.ts'
import { dataFolder, demoDefinitions, demoWriteKeys, nextQueries, runDemo, type DemoInstance } from './run.ts'
import type { SegmentMessage } from './segment.ts'

/** Compares the warehouse with the log; prints the ledger and each difference; true when there is none. */
export type Verify = (instance: Instance, io: Io) => Promise<boolean>

const ownData = '.cairn/demo'
const days = 4
const waitMs = 60_000

/** The command `demo`; everything it does is what the other commands do. */
export function demoCommand(verify: Verify): Command {
  return {
    name: 'demo',
    operands: '',
    summary: 'Starts everything, sends a simulated shop and real input, and prints what became of it.',
    options: {
      data: {
        type: 'string',
        placeholder: 'DIR',
        default: ownData,
        help: `empty directory for the data; ${ownData} is cleared first`,
      },
      seed: { type: 'string', placeholder: 'N', default: '1', help: 'another number makes another simulated shop' },
      people: { type: 'string', placeholder: 'N', default: '4000', help: 'people who visit the simulated shop' },
      exit: { type: 'boolean', help: 'stop after verify instead of leaving everything running' },
    },
    run: (values, _, io) => demonstrate(values, io, verify),
  }
}

async function demonstrate(values: Values, io: Io, verify: Verify): Promise<ExitCode> {
  // Before anything is cleared or started.
  const [seed, people] = [whole(values, 'seed', 0) ?? 1, whole(values, 'people', 1) ?? 4000]
  const dataDir = await emptyDirectory(values, io)
  const progress = tellProgress(io)
  let crashed: CommandFailure | undefined
  const started = performance.now()
  const stopped = new AbortController()
  io.interrupted.addEventListener('abort', () => stopped.abort())
  const { instance, stop } = await startInstance({
    dataDir,
    definitions: demoDefinitions,
    workers: 1,
    partitions: 4,
    namespace: 'cairn',
    writeKeys: demoWriteKeys,
    env: io.env,
    progress,
    interrupted: io.interrupted,
    onCrash: (failure) => {
      crashed = failure
      io.err(`${failure.message}\n`)
      stopped.abort()
    },
  })
  try {
    const outcome = await runDemo(portsOf(instance, io, verify, text(values, 'data') ?? ownData), {
      seed,
      people,
      days,
      now: Date.now(),
      dataFolder: dataFolder(io.env),
      out: (part) => io.out(part),
      progress,
    })
    progress(`demo took ${((performance.now() - started) / 1000).toFixed(0)} s`)
    if (!outcome.ok) io.err(`cairn demo: ${outcome.message}\n`)
    if (outcome.ok && values['exit'] !== true) {
      io.out(farewell(instance, text(values, 'data') ?? ownData))
      await aborted(stopped.signal)
    }
    if (crashed !== undefined) return crashed.exit
    if (!outcome.ok) return exitCode.no
    return outcome.isVerified ? exitCode.ok : exitCode.unavailable
  } finally {
    await stop()
    progress('stopped')
  }
}

/** The demo counts on being alone: what an earlier one sent would be in its figures. */
async function emptyDirectory(values: Values, io: Io): Promise<string> {
  const dataDir = dataDirectory(values, io)
  if (text(values, 'data') === ownData) {
    const discarded = await discardStack({ dataDir, env: io.env })
    if (!discarded.ok) throw new CommandFailure(exitCode.unavailable, discarded.message)
  } else if (existsSync(dataDir) && readdirSync(dataDir).length > 0) {
    throw new CommandFailure(exitCode.usage, `${dataDir} holds data: name an empty directory with --data`)
  }
  return dataDir
}

function portsOf(instance: Instance, io: Io, verify: Verify, data: string): DemoInstance {
  return {
    send: (messages, writeKey) => {
      const silent = (): void => undefined
      return sendAll(Readable.from(linesOf(messages)), {
        url: instance.ingest,
        writeKey,
        progress: silent,
        interrupted: io.interrupted,
      })
    },
    wait: async () => {
      const begun = await flush(instance, 0, waitMs, io.interrupted)
      return begun.ok && (await barriersPassed(instance, begun.flushId, waitMs, io.interrupted)) !== undefined
    },
    query: (sql) => rows<Record<string, unknown>>(instance, sql),
    verify: async () => {
      try {
        return (await verify(instance, io)) ? 'same' : 'differs'
      } catch (error) {
        if (!(error instanceof CommandFailure) || error.exit !== exitCode.unavailable) throw error
        io.err(`cairn demo: ${error.message}: npx cairn verify --data ${data}\n`)
        return 'unknown'
      }
    },
  }
}

function* linesOf(messages: readonly SegmentMessage[]): Generator<Line> {
  for (const [at, message] of messages.entries()) yield { ok: true, line: at + 1, json: JSON.stringify(message) }
}

function farewell({ ingest, clickhouse, kafka, writeKeys }: Instance, data: string): string {
  const at = ` --data ${data}`
  return `
All of it is still running.
  ingest      ${ingest}  (write keys: ${Object.entries(writeKeys)
    .map(([key, site]) => `${key} for site ${site.replace(':', ', ')}`)
    .join(', ')})
  ClickHouse  ${clickhouse.url}  (user ${clickhouse.user}, password ${clickhouse.password}, database ${clickhouse.database})
  Kafka       ${kafka.join(',')}

Ask on:
${nextQueries.map((sql) => `  npx cairn query${at} "${sql}"`).join('\n')}

What counts is what definitions/demo.yaml says, fewer goals than definitions/shop.yaml has.
Interrupt to stop.
`
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done())
  })
}
