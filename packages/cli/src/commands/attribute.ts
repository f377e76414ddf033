import { attribute as attributeAll, type DataDriven } from '../attribute/attribute.ts'
import { everyMs, everyRule } from '../attribute/every.ts'
import { keepAttributed } from '../attribute/schedule.ts'
import { CommandFailure, dataOption, exitCode, text, whole, type Command, type Values } from '../command.ts'
import { counted } from '../counted.ts'
import { table } from '../demo/report/table.ts'
import { findInstance } from '../instance/instance.ts'

const dayMs = 86_400_000
const defaultDays = 30

export const attribute: Command = {
  name: 'attribute',
  operands: '',
  summary: 'Computes data-driven attribution (Markov, Shapley) over the stored paths.',
  options: {
    ...dataOption,
    site: { type: 'string', placeholder: 'S', help: 'only this site' },
    goal: { type: 'string', placeholder: 'G', help: 'only this macro goal' },
    days: { type: 'string', placeholder: 'N', default: String(defaultDays), help: 'days to look back' },
    every: {
      type: 'string',
      placeholder: 'TIME',
      help: 'again and again, such as 30m, 1h or 1d apart, until interrupted',
    },
  },
  async run(values, _, io) {
    const days = whole(values, 'days', 1) ?? defaultDays
    const every = interval(values)
    const instance = findInstance(values, io)
    const isWanted = wanted(values)
    const round = (now: number) => attributeAll(instance, { now, since: now - days * dayMs }, isWanted)
    if (every !== undefined) {
      await keepAttributed(instance, { everyMs: every, days, round: () => round(Date.now()) }, io)
      return exitCode.ok
    }
    const found = await round(Date.now())
    if (found.length === 0) throw new CommandFailure(exitCode.no, nothing(values, days))
    io.out(attributionText(found))
    return exitCode.ok
  },
}

function interval(values: Values): number | undefined {
  const given = text(values, 'every')
  if (given === undefined) return undefined
  const ms = everyMs(given)
  if (ms === undefined) throw new CommandFailure(exitCode.usage, `--every ${everyRule}, not "${given}"`)
  return ms
}

function wanted(values: Values): (question: { readonly site: string; readonly goal: string }) => boolean {
  const [site, goal] = [text(values, 'site'), text(values, 'goal')]
  return (question) => (site ?? question.site) === question.site && (goal ?? question.goal) === question.goal
}

function nothing(values: Values, days: number): string {
  const of = (['goal', 'site'] as const).flatMap((name) => {
    const given = text(values, name)
    return given === undefined ? [] : [`${name} "${given}"`]
  })
  return `there is no macro conversion${of.length === 0 ? '' : ` of ${of.join(' and ')}`} in the last ${days} days`
}

/** One table for each site, goal and kind of step: what each model credits, with its interval. */
export function attributionText(found: readonly DataDriven[]): string {
  const groups = new Map<string, DataDriven[]>()
  for (const row of found) {
    const key = JSON.stringify([row.site, row.goal, row.steps_of])
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return [...groups.values()].map(groupText).join('\n')
}

function groupText(group: readonly DataDriven[]): string {
  const [first] = group
  if (first === undefined) return ''
  const title = `${first.site}: ${first.goal} by ${first.steps_of}, ${counted(first.converted, 'conversion')} of ${counted(first.journeys, 'journey')}`
  const steps = group.filter(({ model }) => model === 'markov').toSorted((a, b) => b.conversions - a.conversions)
  const lines = steps.map((row) => {
    const other = group.find(({ model, step }) => model === 'shapley' && step === row.step)
    const effect = row.removal_effect === null ? '' : `${(row.removal_effect * 100).toFixed(1)} %`
    return [row.step, effect, ...credited(row), ...(other === undefined ? [] : credited(other))]
  })
  const columns = [
    { title: first.steps_of === 'channel' ? 'Channel' : 'Micro goal', align: 'left' as const },
    ...['Removal effect', 'Markov', '95 %', 'Shapley', '95 %'].map((name) => ({
      title: name,
      align: 'right' as const,
    })),
  ]
  return `${title}\n${table(columns, lines)}\n`
}

function credited({ conversions, low, high }: DataDriven): string[] {
  return [conversions.toFixed(1), `${low.toFixed(1)} to ${high.toFixed(1)}`]
}
