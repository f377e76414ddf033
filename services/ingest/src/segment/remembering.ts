/** Distinct texts of which the answers are kept: user agents, pages and networks of the busiest hour. */
const mostRemembered = 10_000

/** Longer texts are rare and would let a client fill the memory. */
const longestRemembered = 512

/**
 * The same function, but faster for texts it has seen lately. Only for functions whose answer depends on the text alone.
 * At its bound it forgets everything, which costs less on each call than keeping track of what was used last.
 */
export function remembering<T>(compute: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    const answer = compute(text)
    if (text.length > longestRemembered) return answer
    if (known.size >= mostRemembered) known.clear()
    known.set(text, answer)
    return answer
  }
}
