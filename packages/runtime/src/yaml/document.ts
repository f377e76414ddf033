import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Document, type Node } from 'yaml'

/** A place in a text; both count from 1, columns in UTF-16 units as editors do. */
export interface Place {
  readonly line: number
  readonly column: number
}

export interface YamlProblem extends Place {
  readonly message: string
}

export interface YamlDocument {
  /** What the text says, as JSON has it; undefined where it cannot be told. */
  readonly content: unknown
  /** In the order of the text. */
  readonly problems: readonly YamlProblem[]
  /** Where a value stands, or its key. What is not there is found where it should be: in the innermost part that is. */
  readonly placeOf: (path: readonly (string | number)[], onKey: boolean) => Place
}

/**
 * Reads one YAML document. What the reader only warns of is a problem, too: it would take an unknown tag for text. Twice
 * the same key leaves the rest readable, so the content is told all the same; the last one counts in it.
 */
export function readYaml(text: string): YamlDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const problemAt = (offset: number, message: string): YamlProblem => ({ ...placeAt(lines, offset), message })
  const found = [...document.errors, ...document.warnings]
  const problems = found.map((error) => problemAt(error.pos[0], messageOf(error.code, error.message)))
  const isReadable = found.every(({ code }) => code === 'DUPLICATE_KEY')
  const aliases = isReadable ? aliasProblems(document) : []
  for (const [offset, message] of aliases) problems.push(problemAt(offset, message))
  return {
    // By way of JSON, which is what is deployed: what it cannot hold, such as .inf, must not pass the check.
    content: isReadable && aliases.length === 0 ? JSON.parse(JSON.stringify(document.toJS())) : undefined,
    problems: problems.sort((a, b) => a.line - b.line || a.column - b.column),
    placeOf: (path, onKey) => placeAt(lines, offsetOf(document, path, onKey)),
  }
}

function messageOf(code: string, message: string): string {
  return code === 'DUPLICATE_KEY' ? 'this key is in the mapping twice' : message
}

/** Aliases that stand for nothing, for themselves, or for more than is reasonable: their content cannot be told. */
function aliasProblems(document: Document): (readonly [offset: number, message: string])[] {
  const problems: (readonly [number, string])[] = []
  let first = 0
  visit(document, {
    Alias(_, alias, ancestors) {
      const offset = alias.range?.[0] ?? 0
      first ||= offset
      const anchored = alias.resolve(document)
      if (anchored === undefined) problems.push([offset, `no anchor before it is called "${alias.source}"`])
      else if (ancestors.includes(anchored)) problems.push([offset, `the alias "${alias.source}" contains itself`])
    },
  })
  if (problems.length > 0) return problems
  try {
    document.toJS()
    return []
  } catch (error) {
    return [[first, error instanceof Error ? error.message : String(error)]]
  }
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset)
  // An empty text has no lines.
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

function offsetOf(document: Document, path: readonly (string | number)[], onKey: boolean): number {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const [depth, step] of path.entries()) {
    const inner = entryOf(isAlias(node) ? node.resolve(document) : node, step)
    if (inner === undefined) return offset
    const isKeyAskedFor = onKey && depth === path.length - 1
    node = inner.value
    offset = startOf(isKeyAskedFor ? inner.key : node) ?? startOf(inner.key) ?? offset
  }
  return offset
}

function entryOf(node: unknown, step: string | number): { key: unknown; value: unknown } | undefined {
  if (isSeq(node))
    return typeof step === 'number' && step in node.items ? { key: undefined, value: node.items[step] } : undefined
  // The last of two equal keys is the one that was read.
  return isMap(node)
    ? node.items.findLast(({ key }) => String(isScalar(key) ? key.value : key) === String(step))
    : undefined
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0]
}
