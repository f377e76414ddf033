import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Definitions } from '@cairn/domain'
import { readDefinitions, type DefinitionsFile } from '@cairn/runtime'
import { CommandFailure, exitCode } from './command.ts'
import { whyUnreadable } from './system-error.ts'

/** Checked definitions, and the canonical JSON of them that is deployed. */
export type CheckedDefinitions = Extract<DefinitionsFile, { ok: true }>

/** The definitions of a file in order, or its problems: one line each, as compilers write them, so that editors find the place. */
export type Checked =
  | { readonly ok: true; readonly file: CheckedDefinitions }
  | { readonly ok: false; readonly problems: readonly string[] }

/**
 * @param path as it was given, which is how problems name it
 * @throws CommandFailure when the file cannot be read
 */
export function checkDefinitions(path: string, cwd: string): Checked {
  let text: string
  try {
    text = readFileSync(resolve(cwd, path), 'utf8')
  } catch (error) {
    throw new CommandFailure(exitCode.usage, whyUnreadable(path, error))
  }
  const read = readDefinitions(text)
  if (read.ok) return { ok: true, file: read }
  const problems = read.problems.map(({ line, column, path: about, message }) => {
    return `${path}:${line}:${column}: ${about === '' ? '' : `${about}: `}${message.replaceAll(/\s*\n\s*/g, ' ')}`
  })
  return { ok: false, problems }
}

/**
 * The checked definitions of a file, ready to be deployed.
 *
 * @throws CommandFailure that names every problem when it is not in order
 */
export function checkedDefinitions(path: string, cwd = '.'): CheckedDefinitions {
  const checked = checkDefinitions(path, cwd)
  if (checked.ok) return checked.file
  throw new CommandFailure(exitCode.no, `${path} is refused:\n${checked.problems.join('\n')}`)
}

/** What the definitions declare, in one line: goals by kind, and the sites that differ. */
export function summaryOf({ forSite, sites }: Definitions): string {
  const base = forSite('').goals
  const named = sites.map((site) => {
    const { goals } = forSite(site)
    return goals === base ? site : `${site} (${goalsByKind(goals)})`
  })
  return [`goals: ${goalsByKind(base)}`, ...(named.length === 0 ? [] : [`sites: ${named.join(', ')}`])].join('; ')
}

type Goals = ReturnType<Definitions['forSite']>['goals']

function goalsByKind(goals: Goals): string {
  const kinds = ['macro', 'micro', 'negative'] as const
  const counts = kinds.map((kind) => ({ kind, number: goals.filter((goal) => goal.kind === kind).length }))
  const present = counts.filter(({ number }) => number > 0).map(({ kind, number }) => `${number} ${kind}`)
  return present.join(', ') || 'none'
}
