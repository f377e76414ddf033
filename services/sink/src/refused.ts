import type { WarehouseFailure } from '@cairn/runtime'
import type { InputKind } from './routes.ts'
import type { Shell } from './shell.ts'

export interface Place {
  readonly kind: InputKind
  readonly partition: number
}

/** Tells that a topic-partition waits because ClickHouse did not take something of it, and why. */
export function reportRefused(
  shell: Shell,
  { kind, partition }: Place,
  what: 'insert' | 'barrier',
  { reason, code, message }: WarehouseFailure,
  failures: number,
  more: Readonly<Record<string, number>> = {},
): void {
  shell.observe.blocked(kind, partition, reason)
  const fields = { topic: kind, partition, ...more, reason, code, detail: message, attempt: failures + 1 }
  if (reason === 'retriable') shell.log.warn(fields, `${what} failed, trying again`)
  else shell.log.error(fields, `${what} refused, the topic-partition waits for somebody`)
}
