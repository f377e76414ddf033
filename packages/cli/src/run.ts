import { parseArgs } from 'node:util'
import {
  CommandFailure,
  exitCode,
  OutputClosed,
  parseOptions,
  type Command,
  type ExitCode,
  type Io,
} from './command.ts'
import { failureOf } from './failure.ts'
import { helpOf, overview } from './help.ts'

/** Finds and runs the command the arguments name. Failures that are no bugs become a message and an exit code. */
export async function runCommand(commands: readonly Command[], args: readonly string[], io: Io): Promise<ExitCode> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === 'help') {
    io.out(overview(commands))
    return name === undefined ? exitCode.usage : exitCode.ok
  }
  const command = commands.find((c) => c.name === name)
  if (command === undefined) {
    io.err(`cairn: no command "${name}"\n\n${overview(commands)}`)
    return exitCode.usage
  }
  try {
    return await runParsed(command, rest, io)
  } catch (error) {
    if (io.interrupted.reason instanceof OutputClosed) return exitCode.ok
    const failure = failureOf(error, io.interrupted)
    if (failure === undefined) throw error
    io.err(`cairn ${name}: ${failure.message}\n`)
    return failure.exit
  }
}

async function runParsed(command: Command, args: string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parse(command, args)
  if (values['help'] === true) {
    io.out(helpOf(command))
    return exitCode.ok
  }
  if (command.operands === '' && positionals.length > 0)
    throw new CommandFailure(exitCode.usage, `takes no operand, got "${positionals.join(' ')}"`)
  const defaults = Object.fromEntries(
    Object.entries(command.options).flatMap(([name, o]) => (o.default === undefined ? [] : [[name, o.default]])),
  )
  return command.run({ ...defaults, ...values }, positionals, io)
}

function parse(
  command: Command,
  args: string[],
): { values: Record<string, string | boolean | undefined>; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: parseOptions(command.options),
      allowPositionals: true,
      strict: true,
    })
    return { values: values as Record<string, string | boolean | undefined>, positionals }
  } catch (error) {
    throw new CommandFailure(
      exitCode.usage,
      `${error instanceof Error ? error.message : String(error)}\n\n${helpOf(command)}`,
    )
  }
}
