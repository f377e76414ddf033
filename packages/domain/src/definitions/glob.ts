/**
 * Compiles a glob: `*` stands for any characters but the separator (all where it is empty), `**` for any characters. All
 * positions in the pattern that are still possible are followed at once, so time is linear in the text whatever the
 * pattern: a hostile path can't make it slow.
 */
export function compileGlob(pattern: string, separator: string): (text: string) => boolean {
  const tokens = tokenize(pattern)
  const firstStar = tokens.findIndex(isStar)
  const prefix = tokens.slice(0, firstStar < 0 ? tokens.length : firstStar).join('')
  if (firstStar < 0) return (text) => text === prefix
  const rest = tokens.slice(firstStar)
  return (text) => text.startsWith(prefix) && matches(rest, text, prefix.length, separator)
}

const STAR = '*'
const GLOBSTAR = '**'

function isStar(token: string | undefined): boolean {
  return token === STAR || token === GLOBSTAR
}

function tokenize(pattern: string): readonly string[] {
  const tokens: string[] = []
  for (let at = 0; at < pattern.length; at++) {
    if (pattern[at] === '*' && pattern[at + 1] === '*') {
      tokens.push(GLOBSTAR)
      at++
    } else tokens.push(pattern.charAt(at))
  }
  return tokens
}

function matches(tokens: readonly string[], text: string, start: number, separator: string): boolean {
  let reached = new Uint8Array(tokens.length + 1)
  let next = new Uint8Array(tokens.length + 1)
  reach(tokens, reached, 0)
  for (let at = start; at < text.length; at++) {
    const char = text[at]
    next.fill(0)
    for (let token = 0; token < tokens.length; token++) {
      if (reached[token] === 0) continue
      const expected = tokens[token]
      if (expected === GLOBSTAR || (expected === STAR && char !== separator)) reach(tokens, next, token)
      else if (expected === char) reach(tokens, next, token + 1)
    }
    const swap = reached
    reached = next
    next = swap
  }
  return reached[tokens.length] === 1
}

/** Marks a position as possible, and those after it that stars standing for nothing lead to. */
function reach(tokens: readonly string[], reached: Uint8Array, position: number): void {
  reached[position] = 1
  for (let at = position; isStar(tokens[at]); at++) reached[at + 1] = 1
}
