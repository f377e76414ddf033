import { setImmediate as turn } from 'node:timers/promises'
import { JourneyTally } from '@cairn/domain'
import type { Instance } from '../instance/instance.ts'
import { ask, rows } from '../warehouse.ts'
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

const draws = 200
/** The same journeys give the same intervals. */
const seed = 1
/** Journeys between two turns of the event loop, a few tenths of a second of counting. */
const journeysATurn = 10_000

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
  const asked = (await questions(instance, window.since)).filter(isWanted)
  for (const site of new Set(asked.map((question) => question.site))) {
    const tallies = asked
      .filter((question) => question.site === site)
      .map((question) => ({ question, channel: newTally(), micro: newTally() }))
    for (const stepsOf of ['channel', 'micro'] as const) {
      const byGoal = new Map(tallies.map(({ question, [stepsOf]: tally }) => [question.goal, tally]))
      await addJourneys(byGoal, instance, site, stepsOf, window.since)
    }
    for (const { question, channel, micro } of tallies) {
      found.push(...valuesOf(channel, question, 'channel', window), ...valuesOf(micro, question, 'micro', window))
      await turn()
    }
  }
  const stored = [...found, ...(await noLongerFound(instance, found, window, isWanted))]
  if (stored.length > 0) await store(instance, stored)
  return found
}

/** A row without a step for what earlier runs found and this one looked for in vain, which takes it out of the view. */
async function noLongerFound(
  instance: Instance,
  found: readonly DataDriven[],
  { now, since }: Window,
  isWanted: (question: Question) => boolean,
): Promise<DataDriven[]> {
  const key = (row: Pick<DataDriven, 'site' | 'goal' | 'steps_of'>) =>
    JSON.stringify([row.site, row.goal, row.steps_of])
  const isFound = new Set(found.map(key))
  const shown = await rows<Question & Pick<DataDriven, 'steps_of'>>(
    instance,
    'SELECT site, goal, steps_of, max(definitions_version) AS definitions FROM v_data_driven GROUP BY site, goal, steps_of',
  )
  const none = { model: 'markov', step: '', removal_effect: null, conversions: 0, low: 0, high: 0 } as const
  return shown
    .filter((row) => isWanted(row) && !isFound.has(key(row)))
    .map(({ site, goal, steps_of, definitions }) => ({
      ...{ computed_at: now, site, goal, steps_of, ...none },
      ...{ journeys: 0, converted: 0, since, definitions_number: definitions },
    }))
}

function newTally(): JourneyTally {
  return new JourneyTally({ draws, seed })
}

async function addJourneys(
  byGoal: ReadonlyMap<string, JourneyTally>,
  instance: Instance,
  site: string,
  stepsOf: StepsOf,
  since: number,
): Promise<void> {
  let added = 0
  for await (const { ways, converted, visitors } of journeysOf(instance, site, stepsOf, since)) {
    for (const [goal, number] of visitors) {
      byGoal.get(goal)?.add({ ways, converted, visitors: number })
      if (++added % journeysATurn === 0) await turn()
    }
  }
}

function valuesOf(
  tally: JourneyTally,
  { site, goal, definitions }: Question,
  stepsOf: StepsOf,
  { now, since }: Window,
): DataDriven[] {
  const values = tally.values()
  return (['markov', 'shapley'] as const).flatMap((model) =>
    values[model].map(({ step, removalEffect, conversions, low, high }) => ({
      computed_at: now,
      site,
      goal,
      steps_of: stepsOf,
      model,
      step,
      removal_effect: removalEffect,
      conversions,
      low,
      high,
      journeys: tally.journeys,
      converted: tally.converted,
      since,
      definitions_number: definitions,
    })),
  )
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
