import { createCodec } from '@cairn/runtime'
import { catalogOf } from '../catalog.ts'
import { dataOption, exitCode, text, whole, type Command } from '../command.ts'
import { countsText, letterText, Listing, shownLetter } from '../dead-letters/listing.ts'
import { readDeadLetters } from '../dead-letters/read.ts'
import { findInstance } from '../instance/instance.ts'

const shownByDefault = 20

export const deadLetters: Command = {
  name: 'dead-letters',
  operands: '',
  summary: 'Shows what was refused or could not be processed, oldest first, and counts it by reason.',
  options: {
    ...dataOption,
    reason: { type: 'string', placeholder: 'R', help: 'show this reason only; all are counted' },
    limit: {
      type: 'string',
      placeholder: 'N',
      help: `show the newest N (default ${shownByDefault}, with --json all)`,
    },
    json: { type: 'boolean', help: 'print a JSON object a line, and no counts' },
  },
  async run(values, _, io) {
    const json = values['json'] === true
    const limit = whole(values, 'limit', 1) ?? (json ? Infinity : shownByDefault)
    const instance = findInstance(values, io)
    const codec = createCodec(await catalogOf(instance))
    const listing = new Listing(limit, text(values, 'reason'))
    await readDeadLetters(instance, codec, (identity, letter) => listing.add(identity, letter), io.interrupted)
    const letters = listing.newest().map((letter) => shownLetter(letter, codec))
    for (const letter of letters) io.out(json ? `${JSON.stringify(letter)}\n` : `${letterText(letter)}\n`)
    if (!json) io.out(countsText(listing.counts))
    return exitCode.ok
  },
}
