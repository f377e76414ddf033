import { dataOption, exitCode, whole, type Command, type ExitCode, type Io } from '../command.ts'
import { findInstance, type Instance } from '../instance/instance.ts'
import { ledgerText, unaccounted } from '../verify/ledger.ts'
import { verify as runVerify, type Verification } from '../verify/verify.ts'

const shownDifferences = 50
const defaultTimeoutS = 120

export const verify: Command = {
  name: 'verify',
  operands: '',
  summary: 'Folds the log again and compares every row with ClickHouse.',
  options: {
    ...dataOption,
    timeout: {
      type: 'string',
      placeholder: 'S',
      default: String(defaultTimeoutS),
      help: 'seconds the sink may take to catch up',
    },
    json: { type: 'boolean', help: 'print the result as one JSON line' },
  },
  async run(values, _, io) {
    const timeoutMs = (whole(values, 'timeout', 1) ?? defaultTimeoutS) * 1000
    const result = await runVerify(findInstance(values, io), { timeoutMs, interrupted: io.interrupted })
    return values['json'] === true ? printJson(result, io) : printText(result, io)
  },
}

/** Verifies, prints the ledger and each difference; true when there is none. */
export async function verifyAndPrint(instance: Instance, io: Io): Promise<boolean> {
  const result = await runVerify(instance, { timeoutMs: defaultTimeoutS * 1000, interrupted: io.interrupted })
  io.out(verificationText(result))
  return isClean(result)
}

function isClean({ ledger, differences }: Verification): boolean {
  return differences.length === 0 && unaccounted(ledger) === 0
}

function verificationText(result: Verification): string {
  const { differences, compared } = result
  const shown = differences
    .slice(0, shownDifferences)
    .map((d) => `  ${d.table} partition ${d.partition} ${d.row}: ${d.what}${d.detail === '' ? '' : `: ${d.detail}`}\n`)
  const more = differences.length > shown.length ? [`  and ${differences.length - shown.length} more\n`] : []
  const { events, sessions, conversions, credits, rollUpRows, visitorUsers } = compared
  const parts = [
    counted(events, 'event'),
    counted(sessions, 'session'),
    counted(conversions, 'conversion'),
    counted(credits, 'credit'),
    counted(rollUpRows, 'roll-up row'),
    counted(visitorUsers, 'identified visitor'),
  ]
  return [
    ledgerText(result.ledger),
    `compared ${parts.join(', ')}\n`,
    `${counted(differences.length, 'difference')}\n`,
    ...shown,
    ...more,
  ].join('')
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function printText(result: Verification, io: Io): ExitCode {
  io.out(verificationText(result))
  return isClean(result) ? exitCode.ok : exitCode.no
}

function printJson(result: Verification, io: Io): ExitCode {
  const { ledger, differences, compared } = result
  const counts = {
    ...ledger,
    deadLettered: Object.fromEntries(ledger.deadLettered),
    otherDeadLetters: Object.fromEntries(ledger.otherDeadLetters),
    refused: Object.fromEntries(ledger.refused),
  }
  io.out(
    `${JSON.stringify({ clean: isClean(result), compared, ledger: counts, unaccounted: unaccounted(ledger), differences })}\n`,
  )
  return isClean(result) ? exitCode.ok : exitCode.no
}
