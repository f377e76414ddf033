/** Where in a definitions document: keys and list positions from the root. */
export type Path = readonly (string | number)[]

export interface Problem {
  readonly path: Path
  readonly message: string
  /** Whether it is about the key that the path ends in rather than about its value. */
  readonly onKey: boolean
}

/** Reads a JSON document against its rules and collects every problem instead of stopping at the first. */
export class Check {
  readonly problems: Problem[] = []
  /** Where something else than a mapping stood: what is missing there is no problem of its own. */
  private readonly misshapen: Path[] = []

  add(path: Path, message: string): void {
    if (this.misshapen.some((at) => at.every((step, depth) => step === path[depth]))) return
    this.problems.push({ path, message, onKey: false })
  }

  addOnKey(path: Path, message: string): void {
    this.problems.push({ path, message, onKey: true })
  }

  /** The object's entries; keys outside `known` are problems, with the nearest known key as the way out. */
  object(json: unknown, path: Path, known: readonly string[]): Readonly<Record<string, unknown>> {
    const entries = this.entries(json, path)
    for (const key of Object.keys(entries)) {
      if (known.includes(key)) continue
      const near = nearest(key, known)
      const hint = near === undefined ? `known keys: ${known.join(', ')}` : `did you mean "${near}"?`
      this.addOnKey([...path, key], `unknown key ${quoted(key)}; ${hint}`)
    }
    return entries
  }

  /** The entries of an object whose keys are free. */
  entries(json: unknown, path: Path): Readonly<Record<string, unknown>> {
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>
    this.add(path, `expected a mapping, got ${kindOf(json)}`)
    this.misshapen.push(path)
    return {}
  }

  list(json: unknown, path: Path): readonly unknown[] {
    if (Array.isArray(json)) return json
    this.add(path, `expected a list, got ${kindOf(json)}`)
    return []
  }

  text(json: unknown, path: Path): string {
    if (typeof json === 'string' && json !== '') return json
    this.add(path, `expected text, got ${kindOf(json)}`)
    return ''
  }

  /** One text or a list of at least one. */
  texts(json: unknown, path: Path): readonly string[] {
    if (!Array.isArray(json)) return [this.text(json, path)]
    if (json.length === 0) this.add(path, 'the list is empty, so it can never match')
    return json.map((item, at) => this.text(item, [...path, at]))
  }

  number(json: unknown, path: Path): number {
    if (typeof json === 'number' && Number.isFinite(json)) return json
    this.add(path, `expected a number, got ${kindOf(json)}`)
    return 0
  }

  boolean(json: unknown, path: Path): boolean {
    if (typeof json === 'boolean') return json
    this.add(path, `expected true or false, got ${kindOf(json)}`)
    return false
  }

  oneOf<T extends string, D extends string>(json: unknown, path: Path, choices: readonly T[], otherwise: D): T | D {
    const found = choices.find((choice) => choice === json)
    if (found !== undefined) return found
    this.add(path, `expected one of ${choices.join(', ')}, got ${kindOf(json)}`)
    return otherwise
  }

  integer(json: unknown, path: Path, least: number, most: number): number {
    if (typeof json === 'number' && Number.isInteger(json) && json >= least && json <= most) return json
    this.add(path, `expected a whole number from ${least} to ${most}, got ${kindOf(json)}`)
    return least
  }

  /** A duration such as `30m`, `24h` or `7d`, in milliseconds. */
  duration(json: unknown, path: Path, most: string): number {
    const limit = durationMs(most) ?? 0
    const ms = typeof json === 'string' ? durationMs(json) : undefined
    if (ms !== undefined && ms > 0 && ms <= limit) return ms
    this.add(path, `expected a duration such as 30m, 24h or 7d, at most ${most}, got ${kindOf(json)}`)
    return limit
  }
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function durationMs(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  return digits === undefined || unit === undefined ? undefined : Number(digits) * (UNIT_MS[unit] ?? 0)
}

/** What stands in the place of something else, as a message names it. */
export function kindOf(json: unknown): string {
  if (json === undefined) return 'nothing'
  if (json === null || typeof json === 'number' || typeof json === 'boolean') return String(json)
  if (typeof json === 'string') return quoted(json)
  return Array.isArray(json) ? 'a list' : 'a mapping'
}

const MAX_QUOTED = 60

/** Text as a message shows it: on one line, and not all of a long one. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text)
}

/** The known key that a typing error away from `key` is most likely meant, if one is near. */
function nearest(key: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(key.toLowerCase(), candidate) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best !== undefined && best.distance <= Math.max(2, Math.floor(key.length / 3)) ? best.candidate : undefined
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
