/**
 * A token of a ClickHouse statement. Offsets count bytes, because the text is the statement decoded as latin1: INSERT data of
 * any kind may follow in the same buffer, and every token this front looks at is ASCII.
 */
export interface Token {
  readonly kind: 'word' | 'string' | 'quoted' | 'symbol'
  /** The text as written; words are compared in upper case through `upper`. */
  readonly text: string
  readonly upper: string
  readonly start: number
  readonly end: number
  /** Round, square and curly brackets open before this token. */
  readonly depth: number
}

const wordCharacter = /[A-Za-z0-9_\x80-\xff]/

/**
 * Walks the tokens of `text` from `from`, leaving out white space and comments.
 *
 * Rules of ClickHouse's `Lexer.cpp`: `--`, `#` and `/* *​/` comments (not nested), quotes with backslash or doubled escapes,
 * `$tag$ … $tag$` heredocs. An unterminated quote or comment runs to the end of the text, where the engine reports it.
 */
export function* tokensOf(text: string, from = 0): Generator<Token> {
  let depth = 0
  let at = from
  for (;;) {
    at = afterBlank(text, at)
    if (at >= text.length) return
    const end = tokenEnd(text, at)
    const written = text.slice(at, end)
    const first = written.charAt(0)
    if (isClosing(first)) depth = Math.max(0, depth - 1)
    yield { kind: kindOf(first), text: written, upper: written.toUpperCase(), start: at, end, depth }
    if (isOpening(first)) depth += 1
    at = end
  }
}

/** The first offset at or after `at` that is neither white space nor comment. */
function afterBlank(text: string, at: number): number {
  let next = at
  for (;;) {
    while (next < text.length && isSpace(text.charCodeAt(next))) next += 1
    const end = commentEnd(text, next)
    if (end === next) return next
    next = end
  }
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 0
}

function commentEnd(text: string, at: number): number {
  if (text.startsWith('/*', at)) return orEnd(text, text.indexOf('*/', at + 2), 2)
  const line = text.startsWith('--', at) || text.startsWith('# ', at) || text.startsWith('#!', at)
  return line ? orEnd(text, text.indexOf('\n', at), 1) : at
}

function tokenEnd(text: string, at: number): number {
  const first = text.charAt(at)
  if (first === "'" || first === '"' || first === '`') return quoteEnd(text, at, first)
  if (first === '$') return heredocEnd(text, at)
  if (!wordCharacter.test(first)) return at + 1
  let end = at + 1
  while (end < text.length && (wordCharacter.test(text.charAt(end)) || text.charAt(end) === '$')) end += 1
  return end
}

function quoteEnd(text: string, at: number, quote: string): number {
  let end = at + 1
  while (end < text.length) {
    const character = text.charAt(end)
    if (character === '\\') end += 2
    else if (character !== quote) end += 1
    else if (text.charAt(end + 1) === quote) end += 2
    else return end + 1
  }
  return text.length
}

function heredocEnd(text: string, at: number): number {
  const tag = /^\$[A-Za-z0-9_]*\$/.exec(text.slice(at, at + 128))?.[0]
  return tag === undefined ? at + 1 : orEnd(text, text.indexOf(tag, at + tag.length), tag.length)
}

function orEnd(text: string, found: number, width: number): number {
  return found < 0 ? text.length : found + width
}

function kindOf(first: string): Token['kind'] {
  if (first === "'" || first === '$') return 'string'
  if (first === '"' || first === '`') return 'quoted'
  return wordCharacter.test(first) ? 'word' : 'symbol'
}

function isOpening(text: string): boolean {
  return text === '(' || text === '[' || text === '{'
}

function isClosing(text: string): boolean {
  return text === ')' || text === ']' || text === '}'
}
