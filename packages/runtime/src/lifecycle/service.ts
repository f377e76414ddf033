import type { Settings, Loaded } from '../config/config.ts'
import { helpOf, usageOf } from '../config/help.ts'

/** The process as a service's main hands it over, so that nothing else touches it. */
export interface ProcessPort {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly pid: number
  kill(pid: number, signal: string): void
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown
  exit(code: number): void
  /** To standard error, as problems and the log are. */
  write(text: string): void
  /** To standard output: what was asked for. */
  print(text: string): void
}

export interface Running {
  /** Finishes what is begun and lets go of everything. */
  stop(): Promise<void>
  /** Rejects when the service cannot go on. */
  readonly ended: Promise<never>
}

/** Exit codes of services: 0 stopped as asked, 1 failed while running, 2 configuration refused, 3 could not start. */
export interface ServiceOptions<S extends Settings> {
  readonly name: string
  /** What `load` reads. */
  readonly settings: S
  readonly load: (env: ProcessPort['env']) => Loaded<S>
  readonly start: (config: Extract<Loaded<S>, { ok: true }>['config'], process: ProcessPort) => Promise<Running>
  readonly stopDeadlineMs: number
}

/** The life of a service: read the configuration, start, run until a signal, stop in order. */
export async function runService<S extends Settings>(process: ProcessPort, options: ServiceOptions<S>): Promise<void> {
  const asked = readArguments(process, options)
  const loaded = asked === undefined ? undefined : options.load(process.env)
  if (loaded === undefined) return
  if (!loaded.ok) {
    const problems = loaded.problems.map((problem) => `  ${problem}\n`)
    const hint = `--help lists every setting\n`
    process.write(`${options.name}: configuration refused\n${problems.join('')}${hint}`)
    process.exit(2)
    return
  }
  if (asked === 'check') {
    process.write(`${options.name}: configuration is fine\n`)
    process.exit(0)
    return
  }
  const toldToStop = new Promise<void>((resolve) => {
    process.on('SIGTERM', resolve)
    process.on('SIGINT', resolve)
  })
  let running: Running
  try {
    running = await options.start(loaded.config, process)
  } catch (error) {
    process.write(`${options.name}: could not start: ${describe(error)}\n`)
    process.exit(3)
    return
  }
  try {
    await Promise.race([toldToStop, running.ended])
  } catch (error) {
    process.write(`${options.name}: ended: ${describe(error)}\n`)
    process.exit(1)
    return
  }
  const deadline = setTimeout(() => {
    process.write(`${options.name}: did not stop within ${options.stopDeadlineMs} ms\n`)
    process.exit(1)
  }, options.stopDeadlineMs)
  await running.stop()
  clearTimeout(deadline)
  process.exit(0)
}

/** What the command line asks for; undefined when that is answered already. */
function readArguments<S extends Settings>(
  process: ProcessPort,
  { name, settings }: ServiceOptions<S>,
): 'run' | 'check' | undefined {
  const given = process.argv.slice(2)
  const unknown = given.find((argument) => argument !== '--check-config' && argument !== '--help')
  if (unknown !== undefined) {
    process.write(`${name}: no argument "${unknown}"; settings are environment variables\n${usageOf(name)}`)
    process.exit(2)
    return undefined
  }
  if (given.includes('--help')) {
    process.print(helpOf(name, settings))
    process.exit(0)
    return undefined
  }
  return given.includes('--check-config') ? 'check' : 'run'
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
