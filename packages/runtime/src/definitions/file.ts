import { compileDefinitions } from '@cairn/domain'
import { LineCounter, parseDocument, type Document } from 'yaml'

export interface DefinitionsProblem {
  /** Line in the file, from 1. */
  readonly line: number
  readonly message: string
}

export type DefinitionsFile =
  | { readonly ok: true; readonly json: string }
  | { readonly ok: false; readonly problems: readonly DefinitionsProblem[] }

/** Checks a definitions file and returns it as the canonical JSON that is deployed; all problems at once, each with its line. */
export function readDefinitions(text: string): DefinitionsFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    return {
      ok: false,
      problems: document.errors.map((e) => ({ line: lines.linePos(e.pos[0]).line, message: e.message })),
    }
  }
  const content = document.toJS() as unknown
  const compiled = compileDefinitions(content)
  if (compiled.ok) return { ok: true, json: canonical(content) }
  const problems = compiled.problems.map(({ path, message }) => ({
    line: lineOf(document, lines, path),
    message: path.length === 0 ? message : `${path.join('.')}: ${message}`,
  }))
  return { ok: false, problems: problems.sort((a, b) => a.line - b.line) }
}

/** The line of the innermost part of the path that is in the file: what is missing is reported where it should be. */
function lineOf(document: Document, lines: LineCounter, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined
    if (node?.range) return lines.linePos(node.range[0]).line
  }
  return 1
}

/** Keys sorted, so that two files that say the same are the same text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
