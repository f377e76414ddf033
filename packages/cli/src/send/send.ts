import { batchesOf, halves, placeOf, type Batch } from './batches.ts'
import type { Line, Place } from './messages.ts'
import { post, type Posted, type PostOptions } from './post.ts'

export interface Refusal extends Place {
  readonly reason: string
  readonly message: string
}

export interface Sent {
  readonly accepted: number
  readonly refused: readonly Refusal[]
  /** Set when not everything was answered. */
  readonly stopped?: Stopped
}

export interface Stopped {
  /** The first line without an answer; later ones may have been accepted. */
  readonly line: number
  readonly reason: 'unavailable' | 'rejected' | 'interrupted'
  readonly why: string
}

export interface SendOptions extends PostOptions {
  /** Requests under way at once. Order within a visitor is kept by event times, not by arrival. */
  readonly connections?: number
  readonly progress: (answered: number) => void
}

interface State {
  accepted: number
  answered: number
  readonly refused: Refusal[]
  stopped: Stopped | undefined
}

/**
 * Sends messages in batches, as docs/http-api.md says a client does; returns what became of them. Stops at the first
 * batch that stays without verdicts.
 */
export async function sendAll(messages: AsyncIterable<Line>, options: SendOptions): Promise<Sent> {
  const state: State = { accepted: 0, answered: 0, refused: [], stopped: undefined }
  const batches = batchesOf(messages, ({ reason, message, ...place }) =>
    state.refused.push({ ...placeOf(place), reason, message }),
  )
  const worker = async () => {
    for (;;) {
      const { value: batch, done } = await batches.next()
      if (done === true) return
      if (options.interrupted.aborted) stop(state, batch, { reason: 'interrupted', why: 'interrupted' })
      if (state.stopped !== undefined) {
        stop(state, batch, state.stopped)
        return
      }
      await sendOne(batch, options, state)
      options.progress(state.answered)
    }
  }
  await Promise.all(Array.from({ length: options.connections ?? 4 }, worker))
  const { accepted, refused, stopped } = state
  const known = { accepted, refused: refused.sort((a, b) => a.line - b.line || (a.index ?? 0) - (b.index ?? 0)) }
  return stopped === undefined ? known : { ...known, stopped }
}

/** A batch the server finds too large is cut in two, down to single messages, which are refused then. */
async function sendOne(batch: Batch, options: SendOptions, state: State): Promise<void> {
  const left = [batch]
  for (let part = left.pop(); part !== undefined; part = left.pop()) {
    const posted = await post(part, options)
    if (posted.kind === 'too_large' && part.messages.length > 1) {
      const [first, second] = halves(part)
      left.push(second, first)
    } else if (!note(posted, part, state)) return
  }
}

/** Returns false where the batch stays without verdicts. */
function note(posted: Posted, batch: Batch, state: State): boolean {
  const { places } = batch
  switch (posted.kind) {
    case 'verdicts':
      state.accepted += posted.accepted
      for (const { index, reason, message } of posted.refused)
        state.refused.push({ ...(places[index] ?? { line: 0 }), reason, message })
      break
    case 'too_large':
      for (const place of places) state.refused.push({ ...place, reason: posted.reason, message: posted.message })
      break
    default:
      stop(state, batch, { reason: posted.kind, why: posted.why })
      return false
  }
  state.answered += places.length
  return true
}

function stop(state: State, { places: [first] }: Batch, { reason, why }: Omit<Stopped, 'line'>): void {
  const line = first?.line ?? 0
  if (state.stopped === undefined || line < state.stopped.line) state.stopped = { line, reason, why }
}
