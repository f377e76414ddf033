import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SegmentMessage } from '../../packages/cli/src/demo/segment.ts'

/** What a page of docs/examples says, in the parts that tests hold it to. */
export interface Example {
  readonly name: string
  /** The rows of its table: each goal with its kind (class, where it is micro) and what reaches it, as `Name {key: value}`. */
  readonly goals: readonly { readonly goal: string; readonly kind: string; readonly reachedBy: readonly string[] }[]
  /** Messages of visitors, and messages of a server where it has a second block. */
  readonly messages: readonly SegmentMessage[]
  readonly fromServer: readonly SegmentMessage[]
  /** Queries, each with the answer that is printed below it. */
  readonly queries: readonly { readonly sql: string; readonly answer: string }[]
}

/** Pages about the definitions file of their name. */
export const exampleNames = ['shop', 'lead', 'subscription'] as const

/** All pages whose queries are shown with their answers: the path below docs, and the definitions in force. */
export const pages = [
  ...exampleNames.map((name) => [`examples/${name}.md`, `${name}.yaml`] as const),
  ['orders.md', 'shop.yaml'] as const,
]

export function readExample(name: (typeof exampleNames)[number]): Example {
  return { name, ...readPage(`examples/${name}.md`) }
}

/** @param path below docs */
export function readPage(path: string): Omit<Example, 'name'> {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', path), 'utf8')
  const rows = [...text.matchAll(/^\| `(\w+)` +\| (\w+) +\| (.*?) +\|/gm)]
  const [messages = [], fromServer = []] = [...text.matchAll(/^```\n(\{.*?)^```/gms)].map(([, block]) => linesOf(block))
  const queries = [...text.matchAll(/```sql\n(.*?)```\n\n```\n(.*?)```/gs)]
  return {
    goals: rows.map(([, goal, kind, cell]) => {
      return {
        goal: String(goal),
        kind: String(kind),
        reachedBy: [...String(cell).matchAll(/`([^`]+)`/g)].map(([, by]) => String(by)),
      }
    }),
    messages,
    fromServer,
    queries: queries.map(([, sql, answer]) => ({ sql: String(sql), answer: String(answer) })),
  }
}

function linesOf(block: string | undefined): SegmentMessage[] {
  return String(block)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SegmentMessage)
}
