import { markov, type JourneyCount } from '@cairn/testkit/domain'

/** A visitor as the oracle sees it: the channels of its sessions in order of their start, and what it reached when. */
export interface Path {
  readonly channels: readonly string[]
  readonly conversions: readonly { readonly goal: string; readonly kind: 'micro' | 'macro'; readonly time: number }[]
}

export interface Effect {
  readonly micro_goal: string
  readonly macro_goal: string
  readonly window_days: number
  readonly channel: string
  readonly visitors_with: number
  readonly visitors_without: number
  readonly converted_with: number
  readonly converted_without: number
  readonly rate_with: number | null
  readonly rate_without: number | null
  readonly lift: number | null
  readonly lift_low: number | null
  readonly lift_high: number | null
  readonly assists: number
  readonly median_hours_to_macro: number | null
  readonly removal_effect: number | null
}

const DAY_MS = 86_400_000
const windows = [1, 7, 30] as const

/** What v_micro_to_macro must say of the visitors of one site: counted visitor by visitor, as the words say. */
export function effectsOf(paths: readonly Path[]): Effect[] {
  const goals = (kind: string) =>
    distinct(paths.flatMap((path) => path.conversions.filter((one) => one.kind === kind).map((one) => one.goal)))
  const channels = ['', ...distinct(paths.flatMap((path) => path.channels.slice(0, 1)))]
  return goals('micro').flatMap((micro) =>
    goals('macro').flatMap((macro) =>
      windows.flatMap((days) => channels.map((channel) => effectOf(paths, micro, macro, days, channel))),
    ),
  )
}

function effectOf(all: readonly Path[], micro: string, macro: string, days: number, channel: string): Effect {
  const paths = all.filter(({ channels }) => channel === '' || channels[0] === channel)
  const tally = { visitors_with: 0, visitors_without: 0, converted_with: 0, converted_without: 0 }
  const waits: number[] = []
  for (const path of paths) {
    const micros = timesOf(path, micro)
    const macros = timesOf(path, macro)
    const first = Math.min(...macros)
    const before = micros.filter((time) => time < first)
    if (before.length > 0) {
      tally.visitors_with++
      if (before.some((time) => first - time <= days * DAY_MS)) tally.converted_with++
    } else {
      tally.visitors_without++
      if (macros.length > 0) tally.converted_without++
    }
    for (const time of macros) waits.push(time - Math.max(...micros.filter((earlier) => earlier < time)))
  }
  const inTime = waits.filter((wait) => wait <= days * DAY_MS)
  return {
    ...{ micro_goal: micro, macro_goal: macro, window_days: days, channel },
    ...tally,
    ...ratesOf(tally),
    assists: inTime.length,
    median_hours_to_macro: median(inTime.map((wait) => wait / 3_600_000)),
    removal_effect: removalEffect(
      paths.map((path) => journeyOf(path, macro, days)),
      micro,
    ),
  }
}

/** What led to the visitor's first macro conversion within the window, or, where it has none, all it did. */
function journeyOf(path: Path, macro: string, days: number): JourneyCount {
  const first = Math.min(...timesOf(path, macro))
  const leading = path.conversions.filter(
    ({ kind, time }) => kind === 'micro' && time < first && (first === Infinity || first - time <= days * DAY_MS),
  )
  const inOrder = leading.toSorted((a, b) => a.time - b.time || (a.goal < b.goal ? -1 : 1))
  return { steps: inOrder.map(({ goal }) => goal), visitors: 1, converted: first === Infinity ? 0 : 1 }
}

/** Null where no journey with a step converts; 0 of a goal that is in none. */
function removalEffect(journeys: readonly JourneyCount[], goal: string): number | null {
  if (!journeys.some(({ steps, converted }) => steps.length > 0 && converted > 0)) return null
  return markov(journeys).find(({ step }) => step === goal)?.removalEffect ?? 0
}

function timesOf({ conversions }: Path, goal: string): number[] {
  return conversions.filter((one) => one.goal === goal).map(({ time }) => time)
}

type Tally = Pick<Effect, 'visitors_with' | 'visitors_without' | 'converted_with' | 'converted_without'>

function ratesOf({ visitors_with: n, visitors_without: m, converted_with: a, converted_without: b }: Tally) {
  const unknown = { lift: null, lift_low: null, lift_high: null }
  return {
    rate_with: n === 0 ? null : a / n,
    rate_without: m === 0 ? null : b / m,
    ...(n === 0 || m === 0 ? unknown : newcombe(a, n, b, m)),
  }
}

/** a/n − b/m with its hybrid score interval of 95 %: Newcombe 1998, method 10. */
export function newcombe(a: number, n: number, b: number, m: number) {
  const [p, q] = [a / n, b / m]
  const [low, high] = wilson(a, n)
  const [otherLow, otherHigh] = wilson(b, m)
  return {
    lift: p - q,
    lift_low: p - q - Math.hypot(p - low, otherHigh - q),
    lift_high: p - q + Math.hypot(high - p, q - otherLow),
  }
}

/** The roots of |p − π| = z √(π (1 − π) / n). */
function wilson(a: number, n: number): [low: number, high: number] {
  const z = 1.959963984540054
  const root = z * Math.sqrt(z * z + 4 * a * (1 - a / n))
  return [(2 * a + z * z - root) / (2 * (n + z * z)), (2 * a + z * z + root) / (2 * (n + z * z))]
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sorted = values.toSorted((x, y) => x - y)
  const half = (sorted.length - 1) / 2
  return ((sorted[Math.floor(half)] ?? 0) + (sorted[Math.ceil(half)] ?? 0)) / 2
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].sort()
}
