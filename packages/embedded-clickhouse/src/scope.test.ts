import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { identifier, literal, setStatement } from './scope.ts'
import { tokensOf } from './tokens.ts'

/** What ClickHouse reads in a quoted text: the escapes that `literal` and `identifier` write. */
function unescape(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/gs, (_, character: string) => (character === '0' ? '\0' : character))
}

describe('literal and identifier', () => {
  it('read back as what they were, and are one token', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("'", '\\', '`', '\0', 'n', '0', 'é', '\n', ';', '-') }), (text) => {
        for (const quoted of [literal(text), identifier(text)]) {
          expect(unescape(quoted)).toBe(text)
          expect([...tokensOf(quoted)]).toHaveLength(1)
        }
      }),
    )
  })
})

describe('setStatement', () => {
  it('quotes every value', () => {
    expect(
      setStatement([
        ['max_threads', '1'],
        ['param_x', `a'b\\c`],
      ]),
    ).toBe(String.raw`SET max_threads = '1', param_x = 'a\'b\\c'`)
  })
})
