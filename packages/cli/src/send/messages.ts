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
 * Reads messages, one JSON object a line. A line may also be the body of a batch call, as the dead letter of an unknown
 * write key is, and stands for its messages. A message without `messageId` gets one from its content and place, so that
 * sending a file again, or a batch whose answer was lost, changes nothing.
 */
export async function* readMessages(source: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let number = 0
  for await (const text of lines(source)) {
    number++
    if (text.trim() !== '') yield* messagesOf(text, number)
  }
}

function messagesOf(text: string, line: number): Line[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return [{ ok: false, line, reason: 'not_json', message: error instanceof Error ? error.message : String(error) }]
  }
  if (!isObject(value) || 'type' in value || !Array.isArray(value['batch']))
    return [{ ok: true, line, json: prepared(value, text, String(line)) }]
  const { batch, context } = value
  return batch.map((sent: unknown, index) => {
    const message = withContext(sent, context)
    return { ok: true, line, index, json: prepared(message, JSON.stringify(message), `${line}/${index}`) }
  })
}

/**
 * A message as it is sent from a file: with an id, and without `sentAt`. That was true when the message was first sent; now
 * ingest would take its age for an error of the sender's clock and move the event to today.
 */
function prepared(message: unknown, text: string, place: string): string {
  if (!isObject(message) || ('messageId' in message && !('sentAt' in message))) return text
  const { sentAt: _, ...kept } = message
  const made = () => createHash('sha256').update(`${place}\n${text}`).digest('base64url')
  return JSON.stringify({ ...kept, messageId: message['messageId'] ?? made() })
}

/** A context beside `batch` completes that of each message, as ingest does it; one that is no object stays, to be refused. */
function withContext(message: unknown, context: unknown): unknown {
  if (!isObject(context) || !isObject(message)) return message
  const own = message['context'] ?? {}
  return isObject(own) ? { ...message, context: { ...context, ...own } } : message
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
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
