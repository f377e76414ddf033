import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Millis } from '@cairn/domain'
import { readDefinitions } from '@cairn/runtime'
import type { CaseRows } from './case-rows.ts'

/** The site of a message that names none. */
export const usualSite = 'linden'

/** A message and how it comes: when ingest reads it, and by which write key. */
export interface Arriving {
  readonly at: Millis
  readonly site: string
  readonly isServer: boolean
  readonly message: { readonly timestamp: string }
}

/** How late a message may be: a little less than `grace` of the definitions, so that none is too late however it comes. */
export const mostDelay: Millis = 23 * 60 * 60 * 1000

/** What a folder of test/cases says. */
export interface Case {
  readonly name: string
  /** The rule it shows. */
  readonly why: string
  /** Why only this order of arrival gives these rows, where the rule is about the order itself; else empty. */
  readonly onlyInOrder: string
  /** In order of arrival. */
  readonly arriving: readonly Arriving[]
  /** As JSON, as they are deployed. */
  readonly definitions: string
  readonly expected: CaseRows
}

const folder = import.meta.dirname
const shipped = resolve(folder, '..', '..', 'definitions', 'shop.yaml')

export function caseNames(): string[] {
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort()
}

/**
 * Reads a case: `events.jsonl` (a Segment message a line, with `received_at` where that is not its timestamp, and
 * `"server": true` where a server sends it, and `"site"` where that is not linden), `expected.json`, and `definitions.yaml` where definitions/shop.yaml is not
 * meant.
 *
 * @throws Error naming the file and line that can't be read, or that came before the one above it
 */
export function readCase(name: string): Case {
  const file = join(folder, name, 'events.jsonl')
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  const { why, only_in_order: onlyInOrder = '', ...expected } = expectedOf(name)
  const longest = onlyInOrder === '' ? mostDelay : Infinity
  const arriving = lines.map((line, at) => arrivingIn(line, `${file}:${at + 1}`, longest))
  for (const [at, { at: time }] of arriving.entries())
    if (time < (arriving[at - 1]?.at ?? 0))
      throw new Error(`${file}:${at + 1}: arrives before the line above it; lines stand in order of arrival`)
  const own = join(folder, name, 'definitions.yaml')
  return { name, why, onlyInOrder, arriving, definitions: definitionsIn(existsSync(own) ? own : shipped), expected }
}

interface Expected extends CaseRows {
  readonly why: string
  readonly only_in_order?: string
}

function expectedOf(name: string): Expected {
  return JSON.parse(readFileSync(join(folder, name, 'expected.json'), 'utf8')) as Expected
}

interface Line {
  readonly timestamp: string
  readonly received_at?: string
  readonly server?: boolean
  readonly site?: string
  readonly messageId?: string
  readonly sentAt?: string
}

function arrivingIn(line: string, where: string, longest: Millis): Arriving {
  try {
    const { received_at: received, server: isServer = false, site = usualSite, ...message } = JSON.parse(line) as Line
    const at = Date.parse(received ?? message.timestamp)
    const delay = at - Date.parse(message.timestamp)
    if (!(delay >= 0 && delay < longest))
      throw new Error('received_at must be 0 to 23 h after timestamp, unless the case says "only_in_order"')
    if ((message.messageId ?? '') === '') throw new Error('a message needs a messageId: it comes more than once')
    if (message.sentAt !== undefined) throw new Error('sentAt corrects another clock at each arrival: leave it out')
    return { at, site, isServer, message }
  } catch (cause) {
    throw new Error(`${where}: ${String(cause)}`, { cause })
  }
}

function definitionsIn(file: string): string {
  const definitions = readDefinitions(readFileSync(file, 'utf8'))
  if (!definitions.ok) throw new Error(`${file} is refused: ${JSON.stringify(definitions.problems)}`)
  return definitions.json
}
