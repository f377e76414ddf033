import { dataOption, exitCode, whole, type Command, type ExitCode, type Io } from '../command.ts'
import { findInstance, type Instance } from '../instance/instance.ts'
import { ledgerText, unaccounted } from '../verify/ledger.ts'
import { leftOutRows, notJudged, sqlText, type SiteJudgement } from '../verify/sql/judgement.ts'
import { verifyBySql } from '../verify/sql/verify-sql.ts'
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
      help: 'judge sessions, conversions and credits by SQL over the events, too; exit code 3 where all of a kind is left out',
    },
    json: { type: 'boolean', help: 'print the result as one JSON line' },
  },
  async run(values, _, io) {
    const timeoutMs = (whole(values, 'timeout', 1) ?? defaultTimeoutS) * 1000
    const instance = findInstance(values, io)
    const options = { timeoutMs, interrupted: io.interrupted }
    const result = await runVerify(instance, options)
    const { conflicting } = result
    const bySql = values['sql'] === true ? await verifyBySql(instance, { ...options, conflicting }) : []
    return values['json'] === true ? printJson(result, bySql, io) : printText(result, bySql, io)
  },
}

/** Verifies in both ways, prints the ledger and each difference; true when there is none and all kinds of rows were judged. */
export async function verifyAndPrint(instance: Instance, io: Io): Promise<boolean> {
  const options = { timeoutMs: defaultTimeoutS * 1000, interrupted: io.interrupted }
  const result = await runVerify(instance, options)
  io.out(verificationText(result))
  const bySql = await verifyBySql(instance, { ...options, conflicting: result.conflicting })
  io.out(sqlText(bySql))
  return answer(result, bySql) === exitCode.ok
}

/** A difference is a no. Where there is none, but some of it was not judged at all, nobody can tell. */
function answer({ ledger, differences }: Verification, bySql: readonly SiteJudgement[]): ExitCode {
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

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function printText(result: Verification, bySql: readonly SiteJudgement[], io: Io): ExitCode {
  io.out(verificationText(result))
  io.out(sqlText(bySql))
  return answer(result, bySql)
}

function printJson(result: Verification, bySql: readonly SiteJudgement[], io: Io): ExitCode {
  const { ledger, differences, compared } = result
  const counts = {
    ...ledger,
    deadLettered: Object.fromEntries(ledger.deadLettered),
    otherDeadLetters: Object.fromEntries(ledger.otherDeadLetters),
    refused: Object.fromEntries(ledger.refused),
  }
  const exit = answer(result, bySql)
  const told = { clean: exit === exitCode.ok, compared, ledger: counts, unaccounted: unaccounted(ledger), differences }
  io.out(`${JSON.stringify({ ...told, by_sql: bySql, not_judged: notJudged(bySql), left_out: leftOutRows(bySql) })}\n`)
  return exit
}
