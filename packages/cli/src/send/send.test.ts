import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { afterEach, describe, expect, it } from '@jest/globals'
import { sendAll, type Sent } from './send.ts'

describe('sending', () => {
  let server: Server | undefined

  afterEach(() => {
    server?.close()
  })

  async function sendTo(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Sent> {
    server = createServer(answer)
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
    return sendAll(Readable.from([{ ok: true, line: 1, json: '{"type":"page"}' }]), {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      writeKey: 'dev',
      progress: () => undefined,
      interrupted: new AbortController().signal,
    })
  }

  it('says with each attempt when it was sent, so that waiting moves no event', async () => {
    const sent: string[] = []
    const result = await sendTo((request, response) => {
      void text(request).then((body) => {
        sent.push((JSON.parse(body) as { sentAt: string }).sentAt)
        if (sent.length < 3) response.writeHead(503, { 'retry-after': '0.05' }).end('{"message":"full"}')
        else response.end('{"accepted":1,"refused":[]}')
      })
    })
    expect(result).toEqual({ accepted: 1, refused: [] })
    expect(new Set(sent).size).toBe(3)
  })

  it.each([
    ['a page in HTML', '<html></html>'],
    ['null', 'null'],
    ['JSON of something else', '{"hello":1}'],
  ])('stops at the line where the server answers %s', async (_, body) => {
    const { stopped } = await sendTo((_request, response) => response.end(body))
    expect(stopped).toMatchObject({ line: 1, why: expect.stringMatching(/answered 200: this is no answer of ingest/) })
  })

  it('refuses each message of a batch that was refused as a whole', async () => {
    const whole = '{"accepted":0,"refused":[],"reason":"batch_too_large","message":"split it"}'
    expect(await sendTo((_request, response) => response.writeHead(413).end(whole))).toEqual({
      accepted: 0,
      refused: [{ line: 1, reason: 'batch_too_large', message: 'split it' }],
    })
  })

  it('takes no answer that leaves a message without a verdict', async () => {
    const { stopped } = await sendTo((_request, response) => response.end('{"accepted":0,"refused":[]}'))
    expect(stopped).toMatchObject({ line: 1 })
  })
})
