import type { Io } from '../command.ts'

/** What a person at a terminal sees while messages are sent; silent elsewhere. */
export interface Progress {
  /** Passes the source on and notes how much of it has been read. */
  watch(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
  answered(messages: number): void
  end(): void
}

const width = 30

/** A bar where the size of the source is known, in bytes; a count of messages otherwise. */
export function progressOn({ isTerminal, err }: Pick<Io, 'isTerminal' | 'err'>, size?: number): Progress {
  let read = 0
  const bar = () => {
    if (size === undefined || size === 0) return ''
    const share = Math.min(1, read / size)
    const full = Math.round(share * width)
    return `[${'█'.repeat(full)}${'·'.repeat(width - full)}] ${String(Math.floor(share * 100)).padStart(3)} %  `
  }
  return {
    async *watch(source) {
      for await (const chunk of source) {
        yield chunk
        read += chunk.byteLength
      }
    },
    answered(messages) {
      if (isTerminal) err(`\r${bar()}${messages.toLocaleString('en')} messages answered`)
    },
    end() {
      if (isTerminal) err('\n')
    },
  }
}
