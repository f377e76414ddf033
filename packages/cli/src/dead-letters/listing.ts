import type { Codec, DeadLetter } from '@cairn/runtime'
import { asSent, messagesIn } from './read.ts'

/** A dead letter as it is shown. */
export interface ShownLetter {
  /** When it was refused, or the time of the record it comes from. */
  readonly time: string
  readonly stage: DeadLetter['stage']
  readonly reason: string
  readonly detail: string
  /** Empty where it is not known. */
  readonly site: string
  /** Messages in it: a request with an unknown key is kept as one letter. */
  readonly messages: number
  /** As sent, empty where there is none. */
  readonly messageId: string
  /** Of the record, or the unknown write key. */
  readonly key: string
  /** `topic/partition/offset` of the record it comes from; empty for what never reached the log. */
  readonly origin: string
  /** The message or batch as it was sent, or what is in the record: JSON where it can be read, else base64. */
  readonly payload: string
}

/** Collects letters one by one: how many there are by reason, and the newest of them. */
export class Listing {
  /** Messages by stage and reason. */
  readonly counts = new Map<string, number>()
  readonly #seen = new Set<string>()
  readonly #limit: number
  readonly #reason: string | undefined
  #newest: DeadLetter[] = []

  constructor(limit: number, reason: string | undefined) {
    this.#limit = limit
    this.#reason = reason
  }

  add(identity: string, letter: DeadLetter): void {
    if (this.#seen.has(identity)) return
    this.#seen.add(identity)
    const name = `${letter.stage}: ${letter.reason}`
    this.counts.set(name, (this.counts.get(name) ?? 0) + messagesIn(letter))
    if (this.#reason !== undefined && letter.reason !== this.#reason) return
    this.#newest.push(letter)
    if (this.#newest.length >= 2 * this.#limit) this.#newest = this.newest()
  }

  /** The newest letters, oldest first. */
  newest(): DeadLetter[] {
    return this.#newest.toSorted((a, b) => a.at - b.at).slice(-this.#limit)
  }
}

export function shownLetter(letter: DeadLetter, codec: Pick<Codec, 'decode'>): ShownLetter {
  const { stage, reason, detail, site, key } = letter
  const payload = asSent(reason, payloadText(letter.payload, codec))
  const origin =
    letter.origin_topic === '' ? '' : `${letter.origin_topic}/${letter.origin_partition}/${letter.origin_offset}`
  const [time, messages, messageId] = [new Date(letter.at).toISOString(), messagesIn(letter), messageIdIn(payload)]
  return { time, stage, reason, detail, site, messages, messageId, key, origin, payload }
}

const shownCharacters = 400

/** A letter as a person reads it. */
export function letterText(letter: ShownLetter): string {
  const { time, stage, reason, detail, site, messages, messageId, key, origin, payload } = letter
  const named = { site, messageId, key, origin, messages: messages === 1 ? '' : String(messages) }
  const marks = Object.entries(named).flatMap(([name, value]) => (value === '' ? [] : [`${name} ${value}`]))
  const cut = payload.length > shownCharacters ? `${payload.slice(0, shownCharacters)}…` : payload
  return `${[time, stage, reason, ...marks].join('  ')}\n  ${detail}\n  ${cut}\n`
}

export function countsText(counts: ReadonlyMap<string, number>): string {
  if (counts.size === 0) return 'nothing was refused or dead-lettered\n'
  const names = [...counts.keys()].sort()
  const width = Math.max(...names.map((name) => name.length))
  return names.map((name) => `${name.padEnd(width)}  ${String(counts.get(name)).padStart(8)}\n`).join('')
}

/** What ingest keeps is JSON; what comes from a topic is a record, unless it is damaged. */
function payloadText(payload: Buffer, codec: Pick<Codec, 'decode'>): string {
  const decoded = codec.decode(payload)
  if (decoded.ok) return JSON.stringify(decoded.value)
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(payload)
    if (!text.includes('\0')) return text
  } catch {
    // Bytes of something else.
  }
  return payload.toString('base64')
}

function messageIdIn(payload: string): string {
  try {
    const { messageId, event_id } = JSON.parse(payload) as { readonly messageId?: unknown; readonly event_id?: unknown }
    const id = messageId ?? event_id
    return typeof id === 'string' ? id : ''
  } catch {
    return ''
  }
}
