import type { Line, Place } from './messages.ts'

/** Messages of one request, each with where it stands in what is sent. */
export interface Batch {
  readonly places: readonly Place[]
  /** As JSON. */
  readonly messages: readonly string[]
}

/** What cannot be sent at all. */
export type Unreadable = Extract<Line, { readonly ok: false }>

const batchMessages = 100
const batchBytes = 400 * 1024

/** Cuts what is read into batches; what is no message goes to `unreadable`. */
export async function* batchesOf(
  source: AsyncIterable<Line>,
  unreadable: (line: Unreadable) => void,
): AsyncGenerator<Batch, undefined> {
  let places: Place[] = []
  let messages: string[] = []
  let bytes = 0
  const take = (): Batch => {
    const batch = { places, messages }
    places = []
    messages = []
    bytes = 0
    return batch
  }
  for await (const message of source) {
    if (!message.ok) {
      unreadable(message)
      continue
    }
    const size = Buffer.byteLength(message.json)
    if (places.length === batchMessages || (places.length > 0 && bytes + size > batchBytes)) yield take()
    places.push(placeOf(message))
    messages.push(message.json)
    bytes += size
  }
  if (places.length > 0) yield take()
  return undefined
}

/** For what was too large to be taken at once. */
export function halves({ places, messages }: Batch): readonly [Batch, Batch] {
  const middle = Math.ceil(places.length / 2)
  return [
    { places: places.slice(0, middle), messages: messages.slice(0, middle) },
    { places: places.slice(middle), messages: messages.slice(middle) },
  ]
}

export function placeOf({ line, index }: Place): Place {
  return index === undefined ? { line } : { line, index }
}
