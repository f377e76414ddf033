import { createHash } from 'node:crypto'

/** Where a message stands in what is sent: its line, and its index where the line is a batch. */
export interface Place {
  /** From 1. */
  readonly line: number
  /** From 0. */
  readonly index?: number
}

export type Line =
  | (Place & { readonly ok: true; readonly json: string })
  | (Place & { readonly ok: false; readonly reason: 'not_json'; readonly message: string })

/**
 * Reads messages, one JSON object a line. A message without `messageId` gets one from its content and line number, so that
 * sending a file again, or a batch whose answer was lost, changes nothing.
 */
export async function* readMessages(source: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let number = 0
  for await (const text of lines(source)) {
    number++
    if (text.trim() !== '') yield messageOf(text, number)
  }
}

function messageOf(text: string, line: number): Line {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { ok: false, line, reason: 'not_json', message: error instanceof Error ? error.message : String(error) }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || 'messageId' in value)
    return { ok: true, line, json: text }
  const messageId = createHash('sha256').update(`${line}\n${text}`).digest('base64url')
  return { ok: true, line, json: JSON.stringify({ ...value, messageId }) }
}

async function* lines(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of source) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}
