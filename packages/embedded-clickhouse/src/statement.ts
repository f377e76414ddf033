import { DatabaseException, unsupported } from './errors.ts'
import { tokensOf, type Token } from './tokens.ts'

/** Where a FORMAT clause stands; offsets in bytes of the statement. */
export interface FormatClause {
  readonly name: string
  readonly start: number
}

/**
 * What a statement is, as far as the front must know.
 * - `insert`: data follows from byte `dataFrom` on (and in the rest of the request). FROM INFILE goes to `infileAt`, in front
 *   of SETTINGS; `formatAt` is where FORMAT or VALUES stands.
 * - `select`: a result of any size. `end` leaves out a closing semicolon.
 * - `kill`: KILL QUERY, which names query ids, and they are ours rather than the engine's.
 * - `other`: runs as written and returns little or nothing. `reads` = allowed in a GET.
 */
export type Statement =
  | {
      readonly kind: 'insert'
      readonly infileAt: number
      readonly formatAt: number
      readonly dataFrom: number
      readonly format: string
    }
  | { readonly kind: 'select'; readonly end: number; readonly format: FormatClause | undefined }
  | { readonly kind: 'kill'; readonly end: number; readonly format: FormatClause | undefined }
  | {
      readonly kind: 'other'
      readonly end: number
      readonly format: FormatClause | undefined
      readonly reads: boolean
      /** INSERT … SELECT: has no data of its own, counts written rows. */
      readonly inserts: boolean
    }

const selecting = new Set(['SELECT', 'WITH', 'FROM', '('])
const reading = new Set(['SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS', 'SET', 'USE'])

/**
 * Classifies the statement at the start of `text` (latin1, see `tokens.ts`), which may be followed by INSERT data.
 *
 * @throws DatabaseException 62 for an empty statement or several; 48 for INTO OUTFILE, FROM INFILE and input().
 */
export function classify(text: string): Statement {
  const first = firstToken(text)
  if (first.upper === 'INSERT') return classifyInsert(text, first)
  const tokens = wholeStatement(text)
  if (first.upper === 'WITH' && tokens.some((token) => token.depth === 0 && token.upper === 'INSERT'))
    return insertSelect(text)
  refuseOutfile(tokens)
  const end = tokens.at(-1)?.end ?? text.length
  const format = formatClause(tokens)
  if (first.upper === 'KILL' && tokens[1]?.upper === 'QUERY') return { kind: 'kill', end, format }
  if (selecting.has(first.upper)) return { kind: 'select', end, format }
  return { kind: 'other', end, format, reads: reading.has(first.upper), inserts: false }
}

function firstToken(text: string): Token {
  for (const token of tokensOf(text)) if (token.text !== ';') return token
  throw DatabaseException.of('SYNTAX_ERROR', 'Syntax error: Empty query.')
}

/** All tokens but a closing semicolon. */
function wholeStatement(text: string, from = 0): Token[] {
  const tokens: Token[] = []
  let ended: Token | undefined
  for (const token of tokensOf(text, from)) {
    if (token.text === ';') ended ??= token
    else if (ended === undefined) tokens.push(token)
    else throw severalStatements(ended)
  }
  return tokens
}

function severalStatements(semicolon: Token): DatabaseException {
  return DatabaseException.of(
    'SYNTAX_ERROR',
    `Syntax error (Multi-statements are not allowed): failed at position ${semicolon.start + 1} (end of query).`,
  )
}

function refuseOutfile(tokens: readonly Token[]): void {
  const into = tokens.findIndex((token, at) => token.upper === 'INTO' && tokens[at + 1]?.upper === 'OUTFILE')
  if (into >= 0) throw unsupported('INTO OUTFILE', 'read the result from the response')
}

/**
 * The last FORMAT clause outside brackets: a word after FORMAT, then nothing or SETTINGS. A column called `format` is followed
 * by something else.
 */
function formatClause(tokens: readonly Token[]): FormatClause | undefined {
  for (let at = tokens.length - 1; at >= 1; at -= 1) {
    const [token, name, after] = [tokens[at], tokens[at + 1], tokens[at + 2]]
    if (token?.upper !== 'FORMAT' || token.depth > 0 || name?.kind !== 'word') continue
    if (after === undefined || after.upper === 'SETTINGS') return { name: name.text, start: token.start }
  }
  return undefined
}

function classifyInsert(text: string, insert: Token): Statement {
  const tokens = tokensOf(text, insert.end)
  let settingsAt: number | undefined
  for (let token = skipTarget(tokens); token !== undefined; token = next(tokens)) {
    if (startsSelect(token)) break
    if (token.depth > 0) continue
    if (token.upper === 'SETTINGS') settingsAt ??= token.start
    const infileAt = settingsAt ?? token.start
    if (token.upper === 'VALUES') {
      return { kind: 'insert', infileAt, formatAt: token.start, dataFrom: token.end, format: 'Values' }
    }
    if (token.upper === 'FORMAT') return { ...formatAndData(text, token, tokens), infileAt }
  }
  return insertSelect(text)
}

/** Where an INSERT turns out to bring no data of its own. INSERT INTO t (SELECT …) has its SELECT in brackets. */
function startsSelect(token: Token): boolean {
  if (token.upper === 'SELECT') return token.depth <= 1
  return token.depth === 0 && ['FROM', 'WITH', ';'].includes(token.upper)
}

/** Leaves out INTO, TABLE, FUNCTION and the table's name, which may be any word, and returns the token after it. */
function skipTarget(tokens: Generator<Token>): Token | undefined {
  let token = next(tokens)
  while (token !== undefined && ['INTO', 'TABLE', 'FUNCTION'].includes(token.upper)) token = next(tokens)
  if (token?.text === '{') while (token !== undefined && token.text !== '}') token = next(tokens)
  token = next(tokens)
  while (token?.text === '.') {
    next(tokens)
    token = next(tokens)
  }
  return token
}

function next(tokens: Generator<Token>): Token | undefined {
  const { done, value } = tokens.next() as IteratorResult<Token, undefined>
  return done === true ? undefined : value
}

/** Data starts after the format's name, spaces and one line end (ClickHouse `ParserInsertQuery.cpp`). */
function formatAndData(text: string, clause: Token, tokens: Generator<Token>) {
  const name = next(tokens)
  if (name === undefined) throw DatabaseException.of('SYNTAX_ERROR', 'Syntax error: INSERT … FORMAT names no format.')
  const blank = /^;?[ \t\f]*\r?\n?/.exec(text.slice(name.end, name.end + 4096))?.[0] ?? ''
  return { kind: 'insert', formatAt: clause.start, dataFrom: name.end + blank.length, format: name.text } as const
}

function insertSelect(text: string): Statement {
  const tokens = wholeStatement(text)
  const follows = (word: string, then: string): boolean =>
    tokens.some((token, at) => token.upper === word && tokens[at + 1]?.upper === then)
  if (follows('FROM', 'INFILE')) throw unsupported('FROM INFILE', 'send the data in the request body')
  if (follows('INPUT', '('))
    throw unsupported('The table function input()', 'insert into a Null table with a view instead')
  refuseOutfile(tokens)
  return { kind: 'other', end: tokens.at(-1)?.end ?? text.length, format: undefined, reads: false, inserts: true }
}
