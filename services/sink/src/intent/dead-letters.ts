import { fittedDeadLetter, type TopicRecords } from '@cairn/runtime'
import type { DeadReason, DeadRecord } from '../batch/batch.ts'
import type { Shell } from '../shell.ts'

const details: Readonly<Record<DeadReason, string>> = {
  no_value: 'the record has no value',
  not_wire_format: 'the value does not start with a zero byte and a schema id',
  unexpected_schema: 'records of this schema do not belong into this topic',
  undecodable: 'a barrier that cannot be read',
  truncated: 'the value ends before its schema does, or holds what the schema forbids',
  trailing_bytes: 'the value goes on after its schema ends',
}

/** The records of topic dead-letters for what a batch left out; each keeps the message and where it came from. */
export function deadLetters(
  shell: Shell,
  topic: string,
  partition: number,
  dead: readonly DeadRecord[],
): readonly TopicRecords[] {
  if (dead.length === 0) return []
  const records = dead.map(({ record, reason }) => {
    const letter = fittedDeadLetter({
      id: `${topic}-${partition}-${record.offset}`,
      stage: 'sink',
      reason,
      detail: details[reason],
      site: '',
      origin_topic: topic,
      origin_partition: partition,
      origin_offset: record.offset,
      at: record.timestamp,
      key: record.key,
      payload: record.value ?? Buffer.alloc(0),
    })
    return { key: letter.key, value: shell.codec.encode('dead-letter', letter) }
  })
  return [{ topic: shell.topic('dead-letters'), records }]
}
