import type { Line } from './messages.ts'

export interface Refusal {
  readonly line: number
  readonly reason: string
  readonly message: string
}

export interface Sent {
  readonly accepted: number
  readonly refused: readonly Refusal[]
  /** Set when not everything was answered: the first line without an answer, and why. Later lines may have been accepted. */
  readonly stopped?: Stopped
}

export interface Stopped {
  readonly line: number
  readonly why: string
}

export interface SendOptions {
  readonly url: string
  readonly writeKey: string
  /** Requests under way at once. Order within a visitor is kept by event times, not by arrival. */
  readonly connections?: number
  readonly progress: (answered: number) => void
  readonly interrupted: AbortSignal
}

const batchMessages = 100
const batchBytes = 400 * 1024
/** A server that stays unavailable longer than this many tries, each after the time it asked for, is given up. */
const tries = 30
/** Longer than ingest takes to give up on Kafka. */
const answerTimeoutMs = 60_000

interface Batch {
  readonly lines: readonly number[]
  readonly messages: readonly string[]
}

interface Answer {
  readonly accepted: number
  readonly refused: readonly { readonly index: number; readonly reason: string; readonly message: string }[]
}

/** What an answer says of a batch as a whole. */
interface Told {
  readonly reason: string
  readonly message: string
}

interface State {
  accepted: number
  answered: number
  readonly refused: Refusal[]
  stopped: Stopped | undefined
}

/**
 * Sends messages in batches, again after a 503; returns what became of them. Stops at the first failure that is not a
 * verdict.
 */
export async function sendAll(messages: AsyncIterable<Line>, options: SendOptions): Promise<Sent> {
  const state: State = { accepted: 0, answered: 0, refused: [], stopped: undefined }
  const batches = batchesOf(messages, state.refused)
  const worker = async () => {
    for (;;) {
      const { value: batch, done } = await batches.next()
      if (done === true) return
      if (options.interrupted.aborted) stop(state, batch, 'interrupted')
      if (state.stopped !== undefined) {
        stop(state, batch, state.stopped.why)
        return
      }
      await sendOne(batch, options, state)
      options.progress(state.answered)
    }
  }
  await Promise.all(Array.from({ length: options.connections ?? 4 }, worker))
  const { accepted, refused, stopped } = state
  const known = { accepted, refused: refused.sort((a, b) => a.line - b.line) }
  return stopped === undefined ? known : { ...known, stopped }
}

async function sendOne(batch: Batch, options: SendOptions, state: State): Promise<void> {
  const answer = await post(batch, options)
  if (typeof answer === 'string') {
    stop(state, batch, answer)
    return
  }
  state.accepted += answer.accepted
  state.answered += batch.lines.length
  state.refused.push(
    ...answer.refused.map((r) => ({ line: batch.lines[r.index] ?? 0, reason: r.reason, message: r.message })),
  )
}

function stop(state: State, { lines: [line = 0] }: Batch, why: string): void {
  if (state.stopped === undefined || line < state.stopped.line) state.stopped = { line, why }
}

/** The verdicts, or why there are none. */
async function post(batch: Batch, { url, writeKey, interrupted }: SendOptions): Promise<Answer | string> {
  const authorization = `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`
  for (let left = tries; ; left--) {
    let response: Response
    try {
      response = await fetch(new URL('/v1/batch', url), {
        method: 'POST',
        body: bodyOf(batch),
        headers: { authorization, 'content-type': 'application/json' },
        signal: AbortSignal.any([interrupted, AbortSignal.timeout(answerTimeoutMs)]),
      })
    } catch (error) {
      if (interrupted.aborted) return 'interrupted'
      return `${url} does not answer: ${error instanceof Error ? error.message : String(error)}`
    }
    const body = await answerOf(response)
    if (response.status === 503 && left > 1 && !interrupted.aborted) {
      await new Promise((resolve) => setTimeout(resolve, Number(response.headers.get('retry-after') ?? 1) * 1000))
      continue
    }
    return verdictsOf(batch, response.status, body) ?? noVerdicts(url, response.status, body)
  }
}

/** Counted, so that no message can be without a verdict: a batch that was refused as a whole names none of its own. */
function verdictsOf(batch: Batch, status: number, body: Partial<Answer & Told>): Answer | undefined {
  const { accepted, refused } = body
  if (accepted !== undefined && refused?.length === batch.lines.length - accepted) return { accepted, refused }
  return status === 413 ? refusedWhole(batch, body) : undefined
}

function noVerdicts(url: string, status: number, { message = 'this is no answer of ingest' }: Partial<Told>): string {
  return `${url} answered ${status}: ${message}`
}

function refusedWhole({ lines }: Batch, { reason = 'batch_too_large', message = '' }: Partial<Told>): Answer {
  return { accepted: 0, refused: lines.map((_, index) => ({ index, reason, message })) }
}

/** `sentAt` is that of the attempt: ingest takes what passes until it arrives for the error of the sender's clock. */
function bodyOf({ messages }: Batch): string {
  return `{"sentAt":"${new Date().toISOString()}","batch":[${messages.join(',')}]}`
}

/** What the body says; nothing where it breaks off or is not ingest's, as a proxy's page in HTML. */
async function answerOf(response: Response): Promise<Partial<Answer & Told>> {
  try {
    return (await response.json()) ?? {}
  } catch {
    return {}
  }
}

async function* batchesOf(source: AsyncIterable<Line>, refused: Refusal[]): AsyncGenerator<Batch, undefined> {
  let lines: number[] = []
  let messages: string[] = []
  let bytes = 0
  const take = (): Batch => {
    const batch = { lines, messages }
    lines = []
    messages = []
    bytes = 0
    return batch
  }
  for await (const message of source) {
    if (!message.ok) {
      refused.push(message)
      continue
    }
    const size = Buffer.byteLength(message.json)
    if (lines.length === batchMessages || (lines.length > 0 && bytes + size > batchBytes)) yield take()
    lines.push(message.line)
    messages.push(message.json)
    bytes += size
  }
  if (lines.length > 0) yield take()
  return undefined
}
