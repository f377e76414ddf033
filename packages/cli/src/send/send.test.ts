import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { afterEach, describe, expect, it } from '@jest/globals'
import { sendAll, type SendOptions, type Sent } from './send.ts'

interface Request {
  readonly sentAt: string
  readonly batch: readonly { readonly messageId: string }[]
}

type Reply = (response: ServerResponse, request: Request) => void

let server: Server | undefined

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

const with503 =
  (retryAfter?: string): Reply =>
  (response) =>
    response.writeHead(503, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end('{"message":"full"}')
const broken: Reply = (response) => response.destroy()
const brokenOff: Reply = (response) => {
  response.writeHead(200, { 'content-length': '27' }).write('{"acc', () => response.destroy())
}
const accepts: Reply = (response, { batch }) => response.end(`{"accepted":${batch.length},"refused":[]}`)
const says =
  (status: number, body: string): Reply =>
  (response) =>
    response.writeHead(status).end(body)

interface Run {
  readonly sent: Sent
  readonly requests: readonly Request[]
}

/** Sends `count` messages in one batch to a server that answers by the script, its last line again and again. */
async function sendTo(script: readonly Reply[], count = 1, options: Partial<SendOptions> = {}): Promise<Run> {
  const requests: Request[] = []
  server = createServer((request, response) => {
    void (json(request) as Promise<Request>).then((body) => {
      requests.push(body)
      script[Math.min(requests.length, script.length) - 1]?.(response, body)
    })
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { sent: await sendAll(messages(count), { ...usual, url, ...options }), requests }
}

function messages(count: number): Readable {
  return Readable.from(
    Array.from({ length: count }, (_, i) => ({ ok: true, line: i + 1, json: `{"type":"page","messageId":"m${i}"}` })),
  )
}

const usual = {
  writeKey: 'dev',
  backoff: { firstMs: 5, maxMs: 20 },
  patienceMs: 10_000,
  progress: () => undefined,
  interrupted: new AbortController().signal,
}

describe('sending again', () => {
  it.each([
    ['a 503', with503()],
    ['a 500', says(500, '<html>oops</html>')],
    ['a connection that is reset', broken],
    ['an answer that breaks off', brokenOff],
  ])('follows %s, with the same messages each time', async (_, failure) => {
    const { sent, requests } = await sendTo([failure, failure, accepts], 3)
    expect(sent).toEqual({ accepted: 3, refused: [] })
    expect(requests.map(({ batch }) => batch.map(({ messageId }) => messageId))).toEqual(
      Array.from({ length: 3 }, () => ['m0', 'm1', 'm2']),
    )
  })

  it('says with each attempt when it was sent, so that waiting moves no event', async () => {
    const { requests } = await sendTo([with503('0.02'), with503('0.02'), accepts])
    expect(new Set(requests.map(({ sentAt }) => sentAt)).size).toBe(3)
  })

  it('keeps to Retry-After', async () => {
    const before = performance.now()
    await sendTo([with503('0.3'), accepts])
    expect(performance.now() - before).toBeGreaterThanOrEqual(299)
  })

  it('says why it waits', async () => {
    const said: string[] = []
    await sendTo([with503(), accepts], 1, { waiting: (why) => said.push(why) })
    expect(said).toEqual([expect.stringMatching(/^http.* answered 503: full$/)])
  })

  it('comes to an end where the server stays away, and names the line', async () => {
    const { sent, requests } = await sendTo([broken], 1, { patienceMs: 300 })
    expect(sent).toEqual({
      accepted: 0,
      refused: [],
      stopped: { line: 1, reason: 'unavailable', why: expect.stringMatching(/^http.* does not answer: .+/) },
    })
    expect(requests.length).toBeGreaterThan(3)
  })

  it('does not begin to wait for longer than it would go on', async () => {
    const { sent, requests } = await sendTo([with503('3600')])
    expect(sent.stopped).toMatchObject({ line: 1, reason: 'unavailable' })
    expect(requests).toHaveLength(1)
  })

  it('ends at once when it is interrupted while it waits', async () => {
    const stop = new AbortController()
    const { sent, requests } = await sendTo([with503('5')], 1, {
      waiting: () => setImmediate(() => stop.abort()),
      interrupted: stop.signal,
    })
    expect(sent.stopped).toMatchObject({ line: 1, reason: 'interrupted' })
    expect(requests).toHaveLength(1)
  }, 4000)
})

describe('a batch that is too large as a whole', () => {
  const tooLarge = says(413, '{"accepted":0,"refused":[],"reason":"batch_too_large","message":"split it"}')

  it('is cut in two until its parts are taken', async () => {
    const most2: Reply = (response, request) => (request.batch.length > 2 ? tooLarge : accepts)(response, request)
    const { sent, requests } = await sendTo([most2], 5)
    expect(sent).toEqual({ accepted: 5, refused: [] })
    expect(requests.map(({ batch }) => batch.length)).toEqual([5, 3, 2, 1, 2])
  })

  it('is refused message by message where the smallest parts are too large', async () => {
    const { sent } = await sendTo([tooLarge], 2)
    expect(sent).toEqual({
      accepted: 0,
      refused: [1, 2].map((line) => ({ line, reason: 'batch_too_large', message: 'split it' })),
    })
  })

  it('is stopped at its part that got no answer', async () => {
    const { sent } = await sendTo([tooLarge, accepts, broken], 4, { patienceMs: 20 })
    expect(sent).toMatchObject({ accepted: 2, stopped: { line: 3, reason: 'unavailable' } })
  })
})

describe('an answer', () => {
  it.each([
    ['a page in HTML', '<html></html>'],
    ['null', 'null'],
    ['JSON of something else', '{"hello":1}'],
    ['one that leaves a message without a verdict', '{"accepted":0,"refused":[]}'],
  ])('that is none of ingest stops at the line: %s', async (_, body) => {
    const { sent } = await sendTo([says(200, body)])
    expect(sent.stopped).toMatchObject({
      line: 1,
      reason: 'rejected',
      why: expect.stringMatching(/answered 200: this is no answer of ingest/),
    })
  })

  it('401 stops, though each message has a verdict: all others would be refused like these', async () => {
    const refused = [{ index: 0, messageId: 'm0', reason: 'unknown_write_key', message: 'no shop' }]
    const { sent, requests } = await sendTo([
      says(401, JSON.stringify({ accepted: 0, refused, reason: 'unknown_write_key', message: 'no shop' })),
    ])
    expect(sent.stopped).toMatchObject({ line: 1, reason: 'rejected', why: expect.stringMatching(/401: no shop/) })
    expect(requests).toHaveLength(1)
  })

  it('names refused messages by their lines', async () => {
    const refused = [{ index: 1, messageId: 'm1', reason: 'bad_time', message: 'no time' }]
    const { sent } = await sendTo([says(200, JSON.stringify({ accepted: 1, refused }))], 2)
    expect(sent).toEqual({ accepted: 1, refused: [{ line: 2, reason: 'bad_time', message: 'no time' }] })
  })
})
