import { markov, resampled, shapley, type JourneyCount } from '@cairn/domain'
import type { Instance } from '../instance/instance.ts'
import { ask } from '../warehouse.ts'
import { journeysOf, questions, type Question, type StepsOf } from './journeys.ts'

/** A row of table data_driven. */
export interface DataDriven {
  readonly computed_at: number
  readonly site: string
  readonly goal: string
  readonly steps_of: StepsOf
  readonly model: 'markov' | 'shapley'
  readonly step: string
  readonly removal_effect: number | null
  readonly conversions: number
  readonly low: number
  readonly high: number
  readonly journeys: number
  readonly converted: number
  readonly since: number
  readonly definitions_number: number
}

const models = { markov, shapley } as const
const draws = 200
/** The same journeys give the same intervals. */
const seed = 1

export interface Window {
  readonly now: number
  readonly since: number
}

/**
 * Data-driven attribution of every macro goal of every site that was reached in the window, by channels and by micro
 * conversions, into table `data_driven`.
 */
export async function attribute(
  instance: Instance,
  window: Window,
  isWanted: (question: Question) => boolean,
): Promise<DataDriven[]> {
  const found: DataDriven[] = []
  for (const question of (await questions(instance, window.since)).filter(isWanted)) {
    for (const stepsOf of ['channel', 'micro'] as const) {
      const journeys = await journeysOf(instance, question, stepsOf, window.since)
      found.push(...valuesOf(journeys, question, stepsOf, window))
    }
  }
  if (found.length > 0) await store(instance, found)
  return found
}

function valuesOf(
  journeys: readonly JourneyCount[],
  { site, goal, definitions }: Question,
  stepsOf: StepsOf,
  { now, since }: Window,
): DataDriven[] {
  const sum = (of: (journey: JourneyCount) => number) => journeys.reduce((total, journey) => total + of(journey), 0)
  const [all, converted] = [sum(({ visitors }) => visitors), sum((journey) => journey.converted)]
  return (['markov', 'shapley'] as const).flatMap((model) => {
    const intervals = resampled(journeys, models[model], { draws, seed })
    return models[model](journeys).map(({ step, removalEffect, conversions }) => ({
      computed_at: now,
      site,
      goal,
      steps_of: stepsOf,
      model,
      step,
      removal_effect: removalEffect,
      conversions,
      low: intervals.get(step)?.low ?? 0,
      high: intervals.get(step)?.high ?? 0,
      journeys: all,
      converted,
      since,
      definitions_number: definitions,
    }))
  })
}

/** One insert, so that readers see a run as a whole or not at all. */
async function store(instance: Instance, found: readonly DataDriven[]): Promise<void> {
  const lines = found.map(({ computed_at, since, ...row }) =>
    JSON.stringify({ ...row, computed_at: timeText(computed_at), since: timeText(since) }),
  )
  await (await ask(instance, `INSERT INTO data_driven FORMAT JSONEachRow\n${lines.join('\n')}`)).text()
}

/** As ClickHouse reads a DateTime64 in UTC. */
function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1).replace('T', ' ')
}
