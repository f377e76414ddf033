/** Peak resident memory of the processes of a measure, MB, by name. */
export type Peaks = Readonly<Record<string, number>>

/** Processor time of the processes of a measure by name, microseconds for each event (in `restore`, each visitor). */
export type Cpu = Readonly<Record<string, number>>

export interface Sample {
  readonly value: number
  readonly peaks: Peaks
  /** Tells more than the value where other work shares the machine. */
  readonly cpu?: Cpu
}

/** Seconds of all events as microseconds of one. */
export function perEvent(seconds: number, events: number): number {
  return Number(((seconds * 1e6) / events).toFixed(1))
}

export interface Side {
  readonly name: string
  /** Runs once and answers what it measured. */
  readonly run: () => Promise<Sample>
}

export interface Compared {
  readonly measure: string
  readonly unit: string
  readonly runs: number
  readonly ours: Side
  /** None where nothing comparable exists or the peer is not installed. */
  readonly peers: readonly Side[]
}

/** Measures all sides in turn, so that whatever else the machine does meets all, and prints a line for each peer. */
export async function compare({ measure, unit, runs, ours, peers }: Compared): Promise<void> {
  const own: Sample[] = []
  const others = peers.map((side) => ({ side, samples: [] as Sample[] }))
  for (let run = 1; run <= runs; run++) {
    own.push(await sample(measure, run, ours, unit))
    for (const { side, samples } of others) samples.push(await sample(measure, run, side, unit))
  }
  if (others.length === 0) printMeasure(measure, unit, own)
  for (const { side, samples } of others) printMeasure(measure, unit, own, { name: side.name, samples })
}

async function sample(measure: string, run: number, side: Side, unit: string): Promise<Sample> {
  const taken = await side.run()
  progress(`${measure} run ${run}: ${side.name} ${format(taken.value)} ${unit} ${JSON.stringify(taken.cpu ?? {})}`)
  return taken
}

/** Prints the JSON line of a measure: the medians and their ratio, the least and the most, and the highest memory of each process. */
export function printMeasure(
  measure: string,
  unit: string,
  ours: readonly Sample[],
  beside?: { readonly name: string; readonly samples: readonly Sample[] },
): void {
  const peer = beside?.samples ?? []
  const [own, other] = [median(ours), peer.length === 0 ? null : median(peer)]
  const line = {
    measure,
    beside: beside?.name ?? null,
    ours: format(own),
    peer: other === null ? null : format(other),
    ratio: other === null ? null : Number((own / other).toFixed(2)),
    least_most: { ours: leastMost(ours), peer: leastMost(peer) },
    unit,
    cpu_us: { ours: medianCpu(ours), peer: medianCpu(peer) },
    peak_mb: highest([...ours, ...peer]),
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

export function progress(line: string): void {
  process.stderr.write(`${line}\n`)
}

function median(samples: readonly Sample[]): number {
  return middleOf(samples.map(({ value }) => value))
}

function leastMost(samples: readonly Sample[]): number[] {
  const values = samples.map(({ value }) => value)
  return values.length === 0 ? [] : [format(Math.min(...values)), format(Math.max(...values))]
}

function medianCpu(samples: readonly Sample[]): Cpu {
  const names = new Set(samples.flatMap(({ cpu = {} }) => Object.keys(cpu)))
  return Object.fromEntries(
    [...names].map((name) => [name, format(middleOf(samples.map(({ cpu }) => cpu?.[name] ?? NaN)))]),
  )
}

function middleOf(given: readonly number[]): number {
  const values = [...given].sort((a, b) => a - b)
  const middle = values.length >> 1
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2
}

function highest(samples: readonly Sample[]): Peaks {
  const peaks: Record<string, number> = {}
  for (const sample of samples)
    for (const [name, mb] of Object.entries(sample.peaks)) peaks[name] = Math.max(mb, peaks[name] ?? 0)
  return peaks
}

/** Three digits are more than a run repeats. */
function format(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3))
}
