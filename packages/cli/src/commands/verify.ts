import { dataOption, exitCode, whole, type Command, type ExitCode, type Io } from '../command.ts'
import { counted } from '../counted.ts'
import { findInstance, type Instance } from '../instance/instance.ts'
import { ledgerText, unaccounted } from '../verify/ledger.ts'
import { leftOutRows, notJudged, sqlText } from '../verify/sql/judgement.ts'
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
    sql: {
      type: 'boolean',
      help: 'judge sessions, conversions (those of orders, too) and credits by SQL over the events; exit code 3 where a site, or all of a kind of rows, is left out',
    },
    json: { type: 'boolean', help: 'print the result as one JSON line' },
  },
  async run(values, _, io) {
    const timeoutMs = (whole(values, 'timeout', 1) ?? defaultTimeoutS) * 1000
    const instance = findInstance(values, io)
    const result = await runVerify(instance, { timeoutMs, interrupted: io.interrupted, sql: values['sql'] === true })
    return values['json'] === true ? printJson(result, io) : printText(result, io)
  },
}

/** Verifies in both ways, prints the ledger and each difference; true when there is none and all kinds of rows were judged. */
export async function verifyAndPrint(instance: Instance, io: Io): Promise<boolean> {
  const options = { timeoutMs: defaultTimeoutS * 1000, interrupted: io.interrupted, sql: true }
  return printText(await runVerify(instance, options), io) === exitCode.ok
}

/** A difference is a no. Where there is none, but some of it was not judged at all, nobody can tell. */
function answer({ ledger, differences, bySql }: Verification): ExitCode {
  if (differences.length > 0 || unaccounted(ledger) !== 0) return exitCode.no
  if (bySql.some((site) => site.differences.length > 0)) return exitCode.no
  return notJudged(bySql).length === 0 ? exitCode.ok : exitCode.unavailable
}

function verificationText(result: Verification): string {
  const { differences, compared } = result
  const shown = differences
    .slice(0, shownDifferences)
    .map((d) => `  ${d.table} partition ${d.partition} ${d.row}: ${d.what}${d.detail === '' ? '' : `: ${d.detail}`}\n`)
  const more = differences.length > shown.length ? [`  and ${differences.length - shown.length} more\n`] : []
  const { events, sessions, conversions, credits, rollUpRows, visitorUsers, orders } = compared
  const parts = [
    counted(events, 'event'),
    counted(sessions, 'session'),
    counted(conversions, 'conversion'),
    counted(credits, 'credit'),
    counted(rollUpRows, 'roll-up row'),
    counted(visitorUsers, 'identified visitor'),
    counted(orders, 'order'),
  ]
  return [
    ledgerText(result.ledger),
    `compared ${parts.join(', ')}\n`,
    `${counted(differences.length, 'difference')}\n`,
    ...shown,
    ...more,
  ].join('')
}

function printText(result: Verification, io: Io): ExitCode {
  io.out(verificationText(result))
  io.out(sqlText(result.bySql))
  return answer(result)
}

function printJson(result: Verification, io: Io): ExitCode {
  const { ledger, differences, compared, bySql } = result
  const counts = {
    ...ledger,
    deadLettered: Object.fromEntries(ledger.deadLettered),
    otherDeadLetters: Object.fromEntries(ledger.otherDeadLetters),
    refused: Object.fromEntries(ledger.refused),
  }
  const exit = answer(result)
  const told = { clean: exit === exitCode.ok, compared, ledger: counts, unaccounted: unaccounted(ledger), differences }
  io.out(`${JSON.stringify({ ...told, by_sql: bySql, not_judged: notJudged(bySql), left_out: leftOutRows(bySql) })}\n`)
  return exit
}
