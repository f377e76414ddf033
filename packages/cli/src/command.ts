import type { ParseArgsConfig } from 'node:util'

/**
 * Exit codes, stable for scripts: 0 done, 1 the answer is no (differences found, not all accepted, timed out),
 * 2 wrong usage, 3 something that is needed is not there, or `verify` could not tell.
 */
export const exitCode = { ok: 0, no: 1, usage: 2, unavailable: 3 } as const
export type ExitCode = (typeof exitCode)[keyof typeof exitCode]

/** The world as commands see it; only main.ts touches the process. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly isTerminal: boolean
  readonly stdin: AsyncIterable<Uint8Array>
  out(text: string): void
  err(text: string): void
  /** Aborted on the first SIGINT, SIGTERM or SIGHUP. */
  readonly interrupted: AbortSignal
  /** Called on every later one. Where nobody listens, the second ends the process at once. */
  onFurtherInterrupt(listener: () => void): void
}

export interface Option {
  readonly type: 'string' | 'boolean'
  readonly placeholder?: string
  readonly default?: string
  readonly help: string
}

export type Options = Readonly<Record<string, Option>>
export type Values = Readonly<Record<string, string | boolean | undefined>>

export interface Command {
  readonly name: string
  /** What stands after the name, such as `FILE|-`. */
  readonly operands: string
  readonly summary: string
  readonly options: Options
  run(values: Values, operands: readonly string[], io: Io): Promise<ExitCode>
}

/** An expected failure: its message says what is wrong and what to do. */
export class CommandFailure extends Error {
  readonly exit: ExitCode
  constructor(exit: ExitCode, message: string) {
    super(message)
    this.name = 'CommandFailure'
    this.exit = exit
  }
}

/** The reason of an interrupt by whoever read the output and has had enough of it, as `head` does. */
export class OutputClosed extends Error {}

export const dataOption: Options = {
  data: { type: 'string', placeholder: 'DIR', default: '.cairn/data', help: 'data directory of the instance' },
}

export function text(values: Values, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

/** A whole number from an option. */
export function whole(values: Values, name: string, least: number): number | undefined {
  const given = text(values, name)
  if (given === undefined) return undefined
  const value = Number(given)
  if (Number.isInteger(value) && value >= least) return value
  throw new CommandFailure(exitCode.usage, `--${name} must be a whole number from ${least}, not "${given}"`)
}

export function parseOptions(options: Options): NonNullable<ParseArgsConfig['options']> {
  const named = Object.entries(options).map(([name, { type }]) => [name, { type }] as const)
  return { ...Object.fromEntries(named), help: { type: 'boolean' } }
}
