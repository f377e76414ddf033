/** What one message may take, in bytes of JSON without white space between its parts (Segment's limit). */
export const largestMessage = 32 * 1024

/** Levels of nesting: beyond any real payload, far below where writing JSON would exhaust the stack. */
export const deepestMessage = 64

/** Bytes of the message's JSON, or `too_deep`. */
export function sizeOf(message: unknown): number | 'too_deep' {
  const bound = upperBound(message, deepestMessage)
  if (bound === Infinity) return 'too_deep'
  // Most messages are so small that the bound settles it, which spares writing each one as JSON to measure it.
  return bound <= largestMessage ? bound : Buffer.byteLength(JSON.stringify(message))
}

/** A code unit takes at most six bytes in JSON (`\u0000`); Infinity when nested deeper than `levels`. */
function upperBound(value: unknown, levels: number): number {
  if (typeof value === 'string') return value.length * 6 + 2
  if (typeof value !== 'object' || value === null) return 25
  if (levels === 0) return Infinity
  let bytes = 2
  if (Array.isArray(value)) {
    for (const element of value) bytes += upperBound(element, levels - 1) + 1
    return bytes
  }
  for (const key in value) {
    bytes += key.length * 6 + 4 + upperBound((value as Record<string, unknown>)[key], levels - 1)
  }
  return bytes
}

/** The message with null in place of what is nested too deep, so that it can be written as JSON at all. */
export function pruned(value: unknown, levels = deepestMessage): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (levels === 0) return null
  if (Array.isArray(value)) return value.map((element) => pruned(element, levels - 1))
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, pruned(inner, levels - 1)]))
}
