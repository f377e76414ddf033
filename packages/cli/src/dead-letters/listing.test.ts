import { Readable } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { createCodec, readCatalog, type DeadLetter } from '@cairn/runtime'
import { readMessages, type Line } from '../send/messages.ts'
import { countsText, letterText, Listing, shownLetter } from './listing.ts'

const codec = createCodec(readCatalog())

function letter(at: number, fields: Partial<DeadLetter> = {}): DeadLetter {
  return {
    id: `id-${at}`,
    stage: 'ingest',
    reason: 'bad_time',
    detail: 'what is wrong',
    site: 'shop',
    origin_topic: '',
    origin_partition: -1,
    origin_offset: -1,
    at,
    key: '',
    payload: Buffer.from('{"type":"page","messageId":"m"}'),
    ...fields,
  }
}

function listingOf(limit: number, reason: string | undefined, letters: readonly DeadLetter[]): Listing {
  const listing = new Listing(limit, reason)
  for (const each of letters) listing.add(each.id, each)
  return listing
}

describe('a listing of dead letters', () => {
  it('keeps the newest whatever partition they come from, oldest first', () => {
    const listing = listingOf(
      2,
      undefined,
      [5, 1, 9, 2, 8, 3].map((at) => letter(at)),
    )
    expect(listing.newest().map(({ at }) => at)).toEqual([8, 9])
  })

  it('shows one reason where it is asked for, and counts all, a repeated letter once', () => {
    const unknownKey = { reason: 'unknown_write_key', payload: Buffer.from('{"messages":3,"batch":[]}') }
    const listing = listingOf(9, 'bad_time', [letter(1), letter(1), letter(2, unknownKey)])
    expect(listing.newest()).toHaveLength(1)
    expect(countsText(listing.counts)).toBe(
      'ingest: bad_time                  1\ningest: unknown_write_key         3\n',
    )
  })
})

describe('a dead letter', () => {
  it('of ingest is shown with the message as it is kept', () => {
    expect(letterText(shownLetter(letter(0), codec))).toBe(
      '1970-01-01T00:00:00.000Z  ingest  bad_time  site shop  messageId m\n  what is wrong\n  {"type":"page","messageId":"m"}\n',
    )
  })

  it('of a record is shown with where it stands and what is in it', () => {
    const payload = codec.encode('tick', { flush_id: 'f', hold_ms: 1 })
    const origin = { origin_topic: 'cairn.events', origin_partition: 2, origin_offset: 7, payload }
    expect(shownLetter(letter(0, origin), codec)).toMatchObject({
      origin: 'cairn.events/2/7',
      payload: '{"flush_id":"f","hold_ms":1}',
    })
  })

  it('of bytes that nobody can read is shown in base64', () => {
    expect(shownLetter(letter(0, { payload: Buffer.from([0, 1, 255]) }), codec).payload).toBe('AAH/')
  })

  it.each([
    [
      'message',
      'bad_time',
      '{"type":"page","messageId":"m"}',
      [{ ok: true, line: 1, json: '{"type":"page","messageId":"m"}' }],
    ],
    [
      'batch',
      'unknown_write_key',
      '{"messages":2,"batch":[{"type":"page","messageId":"m"},7]}',
      [
        { ok: true, line: 1, index: 0, json: '{"type":"page","messageId":"m"}' },
        { ok: true, line: 1, index: 1, json: '7' },
      ],
    ],
  ])('of ingest can be sent again: its payload is a %s', async (_, reason, kept, read) => {
    const { payload, messages } = shownLetter(letter(0, { reason, payload: Buffer.from(kept) }), codec)
    const lines: Line[] = []
    for await (const line of readMessages(Readable.from([Buffer.from(`${payload}\n`)]))) lines.push(line)
    expect(lines).toEqual(read)
    expect(payload).not.toContain('"messages"')
    expect(messages).toBe(lines.length)
  })
})
