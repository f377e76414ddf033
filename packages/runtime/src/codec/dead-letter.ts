import type { DeadLetter } from './records.ts'

/** Brokers refuse a record over 1 MiB where the topic's limit was not raised, and the key is in it twice: as the record's and in the letter. */
const largestPayload = 900_000
const largestText = 8000

/**
 * A dead letter that fits one record, with a note of what was cut in `detail`. Without this a record that nearly fills
 * the limit itself would make a letter the broker refuses for ever, and its partition would stand still behind it.
 */
export function fittedDeadLetter(letter: DeadLetter): DeadLetter {
  const notes = [
    ...(letter.payload.length > largestPayload ? [`payload cut to ${largestPayload} bytes`] : []),
    ...(letter.key.length > largestText ? [`key cut to ${largestText} characters`] : []),
  ]
  const detail = cut(letter.detail)
  return {
    ...letter,
    detail: notes.length === 0 ? detail : `${detail} (${notes.join(', ')})`,
    key: cut(letter.key),
    payload: letter.payload.subarray(0, largestPayload),
  }
}

/** Half a surrogate pair at the edge would be no UTF-8. */
function cut(text: string): string {
  return text.length > largestText ? Buffer.from(text.slice(0, largestText)).toString() : text
}
