import { compileDefinitions, type Definitions } from '@cairn/domain'
import { readYaml } from '../yaml/document.ts'

export interface DefinitionsProblem {
  /** Line in the file, from 1. */
  readonly line: number
  /** Column in the line, from 1. */
  readonly column: number
  /** What the problem is about, such as `goals.0.match`; empty where it is about the file as a whole or its YAML. */
  readonly path: string
  readonly message: string
}

export type DefinitionsFile =
  | {
      readonly ok: true
      /** The canonical JSON that is deployed. */
      readonly json: string
      readonly definitions: Definitions
    }
  | { readonly ok: false; readonly problems: readonly DefinitionsProblem[] }

/** Checks a definitions file; all problems at once, each with its place, in the order of the file. */
export function readDefinitions(text: string): DefinitionsFile {
  const { content, problems, placeOf } = readYaml(text)
  const found: DefinitionsProblem[] = problems.map((problem) => ({ ...problem, path: '' }))
  if (content !== undefined) {
    const compiled = compileDefinitions(content)
    if (compiled.ok && found.length === 0) {
      return { ok: true, json: canonical(content), definitions: compiled.definitions }
    }
    for (const { path, message, onKey } of compiled.ok ? [] : compiled.problems)
      found.push({ ...placeOf(path, onKey), path: path.map(stepText).join('.'), message })
  }
  return { ok: false, problems: found.sort((a, b) => a.line - b.line || a.column - b.column) }
}

/** A key that would make the path ambiguous is quoted. */
function stepText(step: string | number): string {
  return typeof step === 'number' || /^[\w-]+$/.test(step) ? String(step) : JSON.stringify(step)
}

/** Keys sorted, so that two files that say the same are the same text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
