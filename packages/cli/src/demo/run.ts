import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bookDifferences } from './books.ts'
import { readFigures } from './report/figures.ts'
import { count } from './report/format.ts'
import { report } from './report/report.ts'
import type { Query } from './report/rows.ts'
import type { SegmentMessage } from './segment.ts'
import { shopEvents } from './shop-events/messages.ts'
import { simulate, type Part } from './shop/simulate.ts'

const root = resolve(import.meta.dirname, '..', '..', '..', '..')

/** What is in force during the demo; `up` deploys it. */
export const demoDefinitions = join(root, 'definitions', 'demo.yaml')

/** The site of each of the demo's write keys. */
export const demoWriteKeys = { demo: 'demo', 'demo-server': 'demo:server', real: 'real' } as const

/** A running instance on an empty data directory, as far as the demo needs it. */
export interface DemoInstance {
  /** Sends messages in this order, in batches, with as many connections as it sees fit. */
  readonly send: (messages: readonly SegmentMessage[], writeKey: string) => Promise<Delivery>
  /** Resolves when everything accepted so far is queryable; false when that takes too long. */
  readonly wait: () => Promise<boolean>
  readonly query: Query
  /** Folds the log again and prints each difference to the warehouse; `unknown` where the machine was too busy to tell. */
  readonly verify: () => Promise<'same' | 'differs' | 'unknown'>
}

export interface Delivery {
  readonly accepted: number
  readonly refused: readonly { readonly reason: string; readonly message: string }[]
  /** Why some have no answer; absent when all were answered. */
  readonly stopped?: { readonly why: string }
}

export interface DemoOptions {
  readonly seed: number
  readonly days: number
  readonly people: number
  /** UTC milliseconds; what is simulated ends here. */
  readonly now: number
  /** The folder that may hold the data set `shop-events`. */
  readonly dataFolder: string
  readonly out: (text: string) => void
  readonly progress: (line: string) => void
}

export type DemoOutcome =
  | { readonly ok: true; readonly isVerified: boolean }
  | {
      readonly ok: false
      readonly reason: 'not_accepted' | 'not_queryable' | 'figures_differ' | 'verify_failed'
      readonly message: string
    }

/** Where `CAIRN_DATA` points, by default beside the project. */
export function dataFolder(env: Readonly<Record<string, string | undefined>>): string {
  return resolve(root, env['CAIRN_DATA'] ?? '../shared/data')
}

/** Sends both sites' traffic, prints what became of it and checks it against the shop's own books and the log. */
export async function runDemo(instance: DemoInstance, options: DemoOptions): Promise<DemoOutcome> {
  const { out, progress, days, people } = options
  const real = realInput(options)
  progress(`simulating ${days} days of a shop with ${count(people)} people`)
  const { parts, books } = simulate({ seed: options.seed, days, people, end: options.now })
  // The real events are of 2022: sent first, they are not late.
  for (const [site, traffic] of [['real', [{ isServer: false, messages: real }]] as const, ['demo', parts] as const]) {
    const failure = await deliver(instance, site, traffic, progress)
    if (failure !== undefined) return { ok: false, reason: 'not_accepted', message: failure }
  }
  progress('waiting until everything is queryable')
  if (!(await instance.wait())) {
    return {
      ok: false,
      reason: 'not_queryable',
      message: 'not everything became queryable; "cairn lag" shows what is behind',
    }
  }
  const figures = await readFigures(instance.query, 'demo')
  out(`\n${report('Simulated shop', figures)}`)
  if (real.length > 0)
    out(`\n${report('Storefront events of a real tracker', await readFigures(instance.query, 'real'))}`)
  const differences = bookDifferences(books, figures)
  if (differences.length > 0) return { ok: false, reason: 'figures_differ', message: differences.join('\n') }
  out(
    `\nThe simulated shop kept its own books: visits by channel, carts, orders and revenue are the same.\n` +
      `Among its ${count(books.events + books.repeats)} messages were ${count(books.repeats)} repeats, ` +
      `${count(books.botEvents)} of bots and ${count(books.serverEvents)} of the shop's server.\n`,
  )
  progress('verifying: folding the log again and comparing every row')
  const verified = await instance.verify()
  if (verified !== 'differs') return { ok: true, isVerified: verified === 'same' }
  return {
    ok: false,
    reason: 'verify_failed',
    message: 'the warehouse differs from what the log says, or was not judged whole',
  }
}

function realInput({ dataFolder: folder, progress }: DemoOptions): SegmentMessage[] {
  const events = join(folder, 'shop-events')
  if (existsSync(events)) return shopEvents(events)
  progress(`no real input: ${events} is not there (CAIRN_DATA names the folder that holds shop-events)`)
  return []
}

async function deliver(
  instance: DemoInstance,
  site: 'demo' | 'real',
  parts: readonly Part[],
  progress: (line: string) => void,
): Promise<string | undefined> {
  const messages = parts.reduce((sum, part) => sum + part.messages.length, 0)
  if (messages === 0) return undefined
  progress(`sending ${count(messages)} messages to site ${site}`)
  const started = performance.now()
  let accepted = 0
  for (const part of parts) {
    const sent = await instance.send(part.messages, writeKeyOf(site, part))
    accepted += sent.accepted
    const failure = failureOf(sent, site)
    if (failure !== undefined) return failure
  }
  const seconds = (performance.now() - started) / 1000
  progress(`  ${count(accepted)} accepted in ${seconds.toFixed(1)} s (${count(accepted / seconds)}/s)`)
  return undefined
}

function writeKeyOf(site: 'demo' | 'real', { isServer }: Part): keyof typeof demoWriteKeys {
  return site === 'demo' && isServer ? 'demo-server' : site
}

function failureOf({ refused, stopped }: Delivery, site: string): string | undefined {
  if (stopped !== undefined) return `a message of site ${site} was not answered: ${stopped.why}`
  const [first] = refused
  if (first === undefined) return undefined
  return `${count(refused.length)} messages of site ${site} were refused, the first because ${first.message} (${first.reason})`
}

/** Queries to try next, as they are typed. */
export const nextQueries = [
  `SELECT channel, count() AS visits, round(avg(duration_ms) / 1000) AS seconds FROM v_sessions WHERE site = 'demo' GROUP BY channel ORDER BY visits DESC`,
  `SELECT event_time, name, goals FROM v_events WHERE site = 'demo' AND visitor_id = (SELECT visitor_id FROM v_conversions WHERE site = 'demo' AND goal = 'purchase' LIMIT 1) ORDER BY event_time`,
] as const
