import { indexedDue, NEVER, type VisitorCodec } from '@cairn/domain'
import { MemoryStates } from './memory-states.ts'

/** Visitors in a cold store without a disk. */
export class MemoryVisitors extends MemoryStates {
  constructor(codec: VisitorCodec) {
    super((state, before) => {
      const { emit_due, close_due, expire_due } = codec.peekDues(state)
      return [emit_due, close_due, expire_due].map((due, queue) => indexedDue(before[queue] ?? NEVER, due))
    })
  }
}
