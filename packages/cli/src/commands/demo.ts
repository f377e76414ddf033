import { mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { exitCode, whole, type Command, type ExitCode, type Io } from '../command.ts'
import { dataFolder, demoDefinitions, demoWriteKeys, runDemo, type DemoInstance } from '../demo/run.ts'
import { barriersPassed, flush } from '../flush.ts'
import type { Instance } from '../instance/instance.ts'
import { startInstance } from '../instance/start.ts'
import { sendAll } from '../send/send.ts'
import { verify } from '../verify/verify.ts'
import { rows } from '../warehouse.ts'
import { isClean, verificationText } from './verify.ts'

const waitTimeoutMs = 120_000

export const demo: Command = {
  name: 'demo',
  operands: '',
  summary: 'Sends a simulated shop and real events through everything, shows the figures and verifies them.',
  options: {
    exit: { type: 'boolean', help: 'end after the check instead of leaving all of it running' },
    seed: { type: 'string', placeholder: 'N', default: '1', help: 'seed of the simulated shop' },
    days: { type: 'string', placeholder: 'N', default: '4', help: 'days of simulated traffic' },
    people: { type: 'string', placeholder: 'N', default: '2500', help: 'people who visit the simulated shop' },
  },
  async run(values, _, io) {
    const dataDir = demoDirectory(io)
    let reportCrash: (report: string) => void = () => undefined
    const crashed = new Promise<string>((done) => (reportCrash = done))
    const { instance, stop } = await startInstance({
      dataDir,
      definitions: demoDefinitions,
      workers: 1,
      partitions: 4,
      namespace: 'cairn',
      writeKeys: demoWriteKeys,
      env: io.env,
      progress: (line) => io.err(`${line}\n`),
      onCrash: (report) => reportCrash(report),
    })
    try {
      const number = (name: string) => whole(values, name, 1) ?? 1
      const ran = await Promise.race([
        runDemo(port(instance, io), {
          seed: number('seed'),
          days: number('days'),
          people: number('people'),
          now: Date.now(),
          dataFolder: dataFolder(io.env),
          out: (line) => io.out(line),
          progress: (line) => io.err(`${line}\n`),
        }),
        crashed,
        untilAborted(io.interrupted),
      ])
      const failure = typeof ran === 'string' ? ran : ran.ok ? undefined : ran.message
      if (failure !== undefined) {
        io.err(`${failure}\n`)
        return exitCode.no
      }
      return values['exit'] === true ? exitCode.ok : await stay(instance, dataDir, io, crashed)
    } finally {
      io.err('stopping\n')
      await stop()
      rmSync(dataDir, { recursive: true, force: true })
    }
  },
}

/** Each demo starts on an empty log: its books must be all there is. */
function demoDirectory(io: Io): string {
  return mkdtempSync(join(resolve(io.env['TMPDIR'] ?? '/tmp'), 'cairn-demo-'))
}

function port(instance: Instance, io: Io): DemoInstance {
  return {
    send: (messages, writeKey) => {
      const lines = async function* () {
        let line = 0
        for (const message of messages)
          yield await Promise.resolve({ ok: true as const, line: ++line, json: JSON.stringify(message) })
      }
      return sendAll(lines(), {
        url: instance.ingest,
        writeKey,
        progress: () => undefined,
        interrupted: io.interrupted,
      })
    },
    wait: async () =>
      (await barriersPassed(instance, await flush(instance, 0), waitTimeoutMs, io.interrupted)) !== undefined,
    query: (sql) => rows(instance, sql),
    async verify() {
      const result = await verify(instance, { timeoutMs: waitTimeoutMs, interrupted: io.interrupted })
      io.out(`\n${verificationText(result)}`)
      return isClean(result)
    },
  }
}

async function stay(
  { ingest, clickhouse, kafka }: Instance,
  dataDir: string,
  io: Io,
  crashed: Promise<string>,
): Promise<ExitCode> {
  io.out(`
All of it goes on running:
  ingest      ${ingest}  (write keys demo and real)
  ClickHouse  ${clickhouse.url}  (user ${clickhouse.user}, password ${clickhouse.password}, database ${clickhouse.database})
  Kafka       ${kafka.join(',')}

Ask it yourself:
  npx cairn query --data ${dataDir} "SELECT channel, count() AS sessions, countIf(macro > 0) AS with_order FROM v_sessions WHERE site = 'demo' GROUP BY channel ORDER BY sessions DESC"

Interrupt to stop; the demo's data goes with it.
`)
  const report = await Promise.race([crashed, untilAborted(io.interrupted).then(() => undefined)])
  if (report === undefined) return exitCode.ok
  io.err(`${report}\n`)
  return exitCode.unavailable
}

function untilAborted(signal: AbortSignal): Promise<string> {
  return new Promise((done) => {
    const end = () => done('interrupted')
    if (signal.aborted) end()
    else signal.addEventListener('abort', end)
  })
}
