import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Millis } from '@cairn/domain'
import { readDefinitions } from '@cairn/runtime'
import type { CaseRows } from './case-rows.ts'

/** A message and how it comes: when ingest reads it, and by which write key. */
export interface Arriving {
  readonly at: Millis
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
 * `"server": true` where a server sends it), `expected.json`, and `definitions.yaml` where definitions/shop.yaml is not
 * meant.
 *
 * @throws Error naming the file and line that can't be read, or that came before the one above it
 */
export function readCase(name: string): Case {
  const file = join(folder, name, 'events.jsonl')
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  const arriving = lines.map((line, at) => arrivingIn(line, `${file}:${at + 1}`))
  for (const [at, { at: time }] of arriving.entries())
    if (time < (arriving[at - 1]?.at ?? 0))
      throw new Error(`${file}:${at + 1}: arrives before the line above it; lines stand in order of arrival`)
  const own = join(folder, name, 'definitions.yaml')
  const { why, ...expected } = JSON.parse(readFileSync(join(folder, name, 'expected.json'), 'utf8')) as CaseRows & {
    readonly why: string
  }
  return { name, why, arriving, definitions: definitionsIn(existsSync(own) ? own : shipped), expected }
}

interface Line {
  readonly timestamp: string
  readonly received_at?: string
  readonly server?: boolean
  readonly messageId?: string
  readonly sentAt?: string
}

function arrivingIn(line: string, where: string): Arriving {
  try {
    const { received_at: received, server: isServer = false, ...message } = JSON.parse(line) as Line
    const at = Date.parse(received ?? message.timestamp)
    const delay = at - Date.parse(message.timestamp)
    if (!(delay >= 0 && delay < mostDelay)) throw new Error('received_at must be 0 to 23 h after timestamp')
    if ((message.messageId ?? '') === '') throw new Error('a message needs a messageId: it comes more than once')
    if (message.sentAt !== undefined) throw new Error('sentAt corrects another clock at each arrival: leave it out')
    return { at, isServer, message }
  } catch (cause) {
    throw new Error(`${where}: ${String(cause)}`, { cause })
  }
}

function definitionsIn(file: string): string {
  const definitions = readDefinitions(readFileSync(file, 'utf8'))
  if (!definitions.ok) throw new Error(`${file} is refused: ${JSON.stringify(definitions.problems)}`)
  return definitions.json
}
