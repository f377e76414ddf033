import type { Message } from 'kafkajs'

/**
 * Messages of one send that all go to one partition. kafkajs sorts the messages of a send by partition and copies those
 * it has for each that follows: 9 µs a message in sends of 500, a fifth of attribution's time, and longer in larger ones.
 * It does so by reducing them, so these answer the reduction themselves. The version of kafkajs is pinned, and a test
 * holds this against its own sorting.
 */
export function toOnePartition(partition: number, messages: readonly Message[]): Message[] {
  const sorted = { [partition]: messages }
  return Object.defineProperty([...messages], 'reduce', { value: () => sorted })
}
