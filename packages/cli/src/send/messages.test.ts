import { Readable } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { readMessages, type Line } from './messages.ts'

async function read(text: string): Promise<Line[]> {
  const lines: Line[] = []
  for await (const line of readMessages(Readable.from([Buffer.from(text)]))) lines.push(line)
  return lines
}

function messageIds(lines: readonly Line[]): unknown[] {
  return lines.map((line) => line.ok && (JSON.parse(line.json) as { messageId?: unknown }).messageId)
}

describe('what is sent', () => {
  it('is a message a line, as it stands there', async () => {
    expect(await read('{"messageId":"a", "x":1}\n\n7\nno')).toEqual([
      { ok: true, line: 1, json: '{"messageId":"a", "x":1}' },
      { ok: true, line: 3, json: '7' },
      { ok: false, line: 4, reason: 'not_json', message: expect.any(String) },
    ])
  })

  it('may be a batch a line, each message with its index and what the batch says for all', async () => {
    const batch =
      '{"sentAt":"2026-01-01","context":{"ip":"1","locale":"de"},"batch":[{"messageId":"a","context":{"ip":"2"}},7]}'
    expect(await read(`${batch}\n{"messageId":"b"}`)).toEqual([
      { ok: true, line: 1, index: 0, json: '{"messageId":"a","context":{"ip":"2","locale":"de"}}' },
      { ok: true, line: 1, index: 1, json: '7' },
      { ok: true, line: 2, json: '{"messageId":"b"}' },
    ])
  })

  it('is without sentAt, whose age would be taken for an error of the clock', async () => {
    const lines = await read(
      '{"messageId":"a","sentAt":"2026-01-01","type":"page"}\n{"batch":[{"messageId":"b","sentAt":1}]}',
    )
    expect(lines).toMatchObject([{ json: '{"messageId":"a","type":"page"}' }, { json: '{"messageId":"b"}' }])
  })

  it('leaves a context that is no object to be refused', async () => {
    const lines = await read('{"context":{"ip":"1"},"batch":[{"messageId":"a","context":"x"}]}')
    expect(lines).toMatchObject([{ json: '{"messageId":"a","context":"x"}' }])
  })

  it('takes a message with a type for a message, whatever else is in it', async () => {
    const message = '{"type":"page","messageId":"a","batch":[]}'
    expect(await read(message)).toEqual([{ ok: true, line: 1, json: message }])
  })

  it('gets ids where it has none: of its own each, the same each time', async () => {
    const text = '{"type":"page"}\n{"type":"page"}\n{"batch":[{"type":"page"},{"type":"page"}]}'
    const ids = messageIds(await read(text))
    expect(new Set(ids).size).toBe(4)
    expect(ids).toEqual(messageIds(await read(text)))
  })
})
