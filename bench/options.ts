import { parseArgs } from 'node:util'

export const measures = ['attribution', 'sink', 'ingest', 'latency', 'restore', 'state'] as const
export type Measure = (typeof measures)[number]

export interface Options {
  readonly measures: readonly Measure[]
  readonly events: number
  readonly visitors: number
  /** Of `state` alone. */
  readonly orders: number
  /** Measured runs of each side; the median counts. */
  readonly runs: number
  /** Writes CPU profiles of our processes to .cairn/bench/profiles. */
  readonly profile: boolean
}

export const usage = `npm run bench [-- ${measures.join('|')} …] [--events N] [--visitors N] [--orders N] [--runs N] [--profile]`

/** Reads the command line; a string says what is wrong with it. */
export function readOptions(args: readonly string[]): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        events: { type: 'string', default: '1000000' },
        visitors: { type: 'string', default: '100000' },
        orders: { type: 'string', default: '100000' },
        runs: { type: 'string', default: '3' },
        profile: { type: 'boolean', default: false },
      },
    })
    const unknown = positionals.find((name) => !isMeasure(name))
    if (unknown !== undefined) return `no measure is called ${unknown}; known are ${measures.join(', ')}`
    const { events, visitors, orders, runs } = values
    const wrong = Object.entries({ events, visitors, orders, runs }).find(([, text]) => !/^[1-9]\d*$/.test(text))
    if (wrong !== undefined) return `--${wrong[0]} must be a whole number from 1, not ${wrong[1]}`
    return {
      measures: positionals.length === 0 ? measures : positionals.filter(isMeasure),
      events: Number(events),
      visitors: Number(visitors),
      orders: Number(orders),
      runs: Number(runs),
      profile: values.profile,
    }
  } catch (error) {
    return (error as Error).message
  }
}

function isMeasure(name: string): name is Measure {
  return (measures as readonly string[]).includes(name)
}
