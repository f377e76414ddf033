import { backoffMs, pause, type Backoff } from '@cairn/runtime'
import type { Batch } from './batches.ts'

export interface PostOptions {
  readonly url: string
  readonly writeKey: string
  /** Milliseconds to go on with a batch that is not answered; 120,000 when absent. */
  readonly patienceMs?: number
  /** Pauses where the server names none; from 0.25 to 20 seconds when absent. */
  readonly backoff?: Backoff
  /** Told before each pause why there is one. */
  readonly waiting?: (why: string) => void
  readonly interrupted: AbortSignal
}

export interface Verdicts {
  readonly kind: 'verdicts'
  readonly accepted: number
  /** `index` in the batch, from 0. */
  readonly refused: readonly { readonly index: number; readonly reason: string; readonly message: string }[]
}

/**
 * What became of a batch. `too_large` is the request as a whole; `unavailable` was tried for as long as patience lasts;
 * `rejected` would be answered the same again.
 */
export type Posted =
  | Verdicts
  | { readonly kind: 'too_large'; readonly reason: string; readonly message: string }
  | { readonly kind: 'unavailable' | 'rejected' | 'interrupted'; readonly why: string }

/** One try; `retryAfterMs` is what the server asks for. */
type Tried = Posted | { readonly kind: 'again'; readonly why: string; readonly retryAfterMs?: number }

/** What a body may say. */
interface Told {
  readonly accepted: number
  readonly refused: Verdicts['refused']
  readonly reason: string
  readonly message: string
}

const usualPatienceMs = 120_000
const usualBackoff: Backoff = { firstMs: 250, maxMs: 20_000 }
/** Longer than ingest takes to give up on Kafka. */
const answerTimeoutMs = 60_000

/**
 * Sends a batch until it is answered: again after no answer and after 5xx, with the same messages, so that what has
 * arrived all the same is recognised. Never rejects.
 */
export async function post(batch: Batch, options: PostOptions): Promise<Posted> {
  const { patienceMs = usualPatienceMs, backoff = usualBackoff, interrupted, waiting } = options
  let until: number | undefined
  for (let failures = 0; ; failures++) {
    if (interrupted.aborted) return { kind: 'interrupted', why: 'interrupted' }
    const tried = await postOnce(batch, options)
    if (tried.kind !== 'again') return tried
    until ??= performance.now() + patienceMs
    const waitMs =
      tried.retryAfterMs === undefined ? backoffMs(backoff, failures) : Math.max(backoff.firstMs, tried.retryAfterMs)
    if (performance.now() + waitMs > until) return { kind: 'unavailable', why: tried.why }
    waiting?.(tried.why)
    await pause(waitMs, interrupted)
  }
}

async function postOnce(batch: Batch, { url, writeKey, interrupted }: PostOptions): Promise<Tried> {
  const timeOut = AbortSignal.timeout(answerTimeoutMs)
  try {
    const response = await fetch(new URL('/v1/batch', url), {
      method: 'POST',
      body: bodyOf(batch),
      headers: {
        authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`,
        'content-type': 'application/json',
      },
      signal: AbortSignal.any([interrupted, timeOut]),
    })
    return judged(batch, response, told(await response.text()), url)
  } catch (error) {
    if (interrupted.aborted) return { kind: 'interrupted', why: 'interrupted' }
    return { kind: 'again', why: `${url} does not answer: ${whyNone(error)}` }
  }
}

function judged({ messages }: Batch, { status, headers }: Response, body: Partial<Told>, url: string): Tried {
  const { accepted, refused, reason = 'batch_too_large', message = 'this is no answer of ingest' } = body
  const why = `${url} answered ${status}: ${message}`
  if (status >= 500) {
    const retryAfterMs = millisecondsOf(headers.get('retry-after'))
    return retryAfterMs === undefined ? { kind: 'again', why } : { kind: 'again', why, retryAfterMs }
  }
  if (status === 413)
    return { kind: 'too_large', reason, message: body.message ?? 'the server takes no request so large' }
  // An unknown key is mended before anything else is sent: each request with it would be kept as a dead letter.
  if (status === 401) return { kind: 'rejected', why }
  // Counted, so that no message can be without a verdict.
  if (accepted !== undefined && refused?.length === messages.length - accepted)
    return { kind: 'verdicts', accepted, refused }
  return { kind: 'rejected', why }
}

/** `sentAt` is that of the attempt: ingest takes what passes until it arrives for the error of the sender's clock. */
function bodyOf({ messages }: Batch): string {
  return `{"sentAt":"${new Date().toISOString()}","batch":[${messages.join(',')}]}`
}

/** Nothing where it is not ingest's, as a proxy's page in HTML. */
function told(body: string): Partial<Told> {
  try {
    return (JSON.parse(body) as Partial<Told> | null) ?? {}
  } catch {
    return {}
  }
}

/** Retry-After is a number of seconds or a date. */
function millisecondsOf(retryAfter: string | null): number | undefined {
  if (retryAfter === null) return undefined
  const seconds = Number(retryAfter)
  const ms = Number.isNaN(seconds) ? Date.parse(retryAfter) - Date.now() : seconds * 1000
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

/** What fetch fails with says little; its cause says more, if only by its code. */
function whyNone(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (!(cause instanceof Error)) return String(cause)
  return cause.message === '' ? String((cause as NodeJS.ErrnoException).code) : cause.message
}
