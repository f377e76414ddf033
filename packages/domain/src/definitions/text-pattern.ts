import type { Check, Path } from './check.ts'
import { compileGlob } from './glob.ts'
import { compileRegex } from './regex.ts'
import type { Slip } from './slips.ts'

/** What a text is, as far as patterns care. */
export interface TextKind {
  /** What `*` of a glob does not stand for; empty where it stands for everything. */
  readonly separator: string
  /** Whether it arrives in lower case, so that patterns are read that way. */
  readonly isLowerCase: boolean
  /** What no text of the kind can hold; null where any may. */
  readonly slip: Slip | null
}

export type Pattern = (text: string) => boolean

const patternKeys = ['exact', 'prefix', 'suffix', 'glob', 'regex'] as const
type PatternKey = (typeof patternKeys)[number]

/** Bounds what a glob can cost; also more than anybody reads. */
const MAX_PATTERN = 1_000

/** Reads a text or a list of them, of which one must be equal, or a mapping of which every key must hold. */
export function readPattern(check: Check, json: unknown, path: Path, kind: TextKind): Pattern {
  if (typeof json === 'string' || Array.isArray(json)) return readKey(check, 'exact', json, path, kind)
  const entries = check.object(json, path, patternKeys)
  const given = patternKeys.filter((key) => entries[key] !== undefined)
  if (given.length === 0) check.add(path, `expected a text, or one of ${patternKeys.join(', ')}`)
  const tests = given.map((key) => readKey(check, key, entries[key], [...path, key], kind))
  const [only] = tests
  return only !== undefined && tests.length === 1 ? only : (text) => tests.every((test) => test(text))
}

function readKey(check: Check, key: PatternKey, json: unknown, path: Path, kind: TextKind): Pattern {
  const sent = check.texts(json, path)
  if (key === 'regex') return anyOf(sent.map((source, at) => readRegex(check, source, pathOf(json, path, at))))
  for (const [at, text] of sent.entries()) {
    const slip = kind.slip?.(text, key)
    if (slip !== undefined) check.add(pathOf(json, path, at), slip)
  }
  const texts = kind.isLowerCase ? sent.map((text) => text.toLowerCase()) : sent
  switch (key) {
    case 'exact': {
      const wanted = new Set(texts)
      return (text) => wanted.has(text)
    }
    case 'prefix':
      return (text) => texts.some((prefix) => text.startsWith(prefix))
    case 'suffix':
      return (text) => texts.some((suffix) => text.endsWith(suffix))
    case 'glob':
      for (const [at, text] of texts.entries()) checkLength(check, text, pathOf(json, path, at))
      return anyOf(texts.map((pattern) => compileGlob(pattern, kind.separator)))
  }
}

/** A regular expression, at most 1,000 characters; a wrong one is a problem and matches nothing. */
export function readRegex(check: Check, source: string, path: Path, isBlindToCase = false): Pattern {
  if (source === '' || !checkLength(check, source, path)) return () => false
  const compiled = compileRegex(source, isBlindToCase)
  if (compiled.ok) return compiled.test
  check.add(path, `expected a regular expression of RE2's syntax: ${compiled.reason}`)
  return () => false
}

function checkLength(check: Check, pattern: string, path: Path): boolean {
  if (pattern.length <= MAX_PATTERN) return true
  check.add(path, `expected at most ${MAX_PATTERN} characters, got ${pattern.length}`)
  return false
}

function pathOf(json: unknown, path: Path, at: number): Path {
  return Array.isArray(json) ? [...path, at] : path
}

function anyOf(tests: readonly Pattern[]): Pattern {
  const [only] = tests
  return only !== undefined && tests.length === 1 ? only : (text) => tests.some((test) => test(text))
}
