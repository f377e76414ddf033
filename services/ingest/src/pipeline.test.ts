import { describe, expect, it } from '@jest/globals'
import { noFaults, type Faults } from '@cairn/runtime'
import { createMemoryOutbox } from './outbox/memory.ts'
import { createPipeline, type IngestRequest } from './pipeline.ts'

const now = Date.UTC(2026, 0, 31)
const key = { site: 'shop', server: false, defaultCurrency: '' }

function setUp(faults: Faults = noFaults) {
  const outbox = createMemoryOutbox()
  const accept = createPipeline({ writeKeys: new Map([['dev', key]]), outbox, faults, now: () => now })
  const send = (body: unknown, over: Partial<IngestRequest> = {}) =>
    accept({
      type: undefined,
      writeKey: 'dev',
      body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      address: '203.0.113.9',
      userAgent: '',
      country: '',
      ...over,
    })
  return { outbox, send }
}

const page = { type: 'page', messageId: 'm1', anonymousId: 'a' }

describe('a request', () => {
  it('is accepted in part: each refused message has its place, id and reason', async () => {
    const { outbox, send } = setUp()
    const answer = await send({ batch: [page, { type: 'x', messageId: 'm2' }, 7, page] })
    expect(answer).toMatchObject({
      kind: 'answered',
      accepted: 2,
      refused: [
        { index: 1, messageId: 'm2', reason: 'unknown_type' },
        { index: 2, messageId: '', reason: 'not_an_object' },
      ],
    })
    expect(outbox.shipments[0]?.events).toHaveLength(2)
  })

  it('leaves a dead letter for each refused message, with the message in it', async () => {
    const { outbox, send } = setUp()
    const refused = { type: 'track', messageId: 'm2', properties: { a: 1 } }
    await send({ batch: [refused] })
    const [letter] = outbox.shipments[0]?.deadLetters ?? []
    expect(letter).toMatchObject({ stage: 'ingest', reason: 'no_event_name', site: 'shop', at: now, key: '' })
    expect(JSON.parse(String(letter?.payload))).toEqual(refused)
  })

  it('with an unknown key is kept whole under that key in one dead letter, and answered as unauthorised', async () => {
    const { outbox, send } = setUp()
    const answer = await send({ batch: [page, 7] }, { writeKey: 'typo' })
    const verdict = { reason: 'unknown_write_key', message: 'no shop has this write key' }
    expect(answer).toEqual({
      kind: 'unauthorised',
      ...verdict,
      refused: [
        { index: 0, messageId: 'm1', ...verdict },
        { index: 1, messageId: '', ...verdict },
      ],
    })
    expect(outbox.shipments).toMatchObject([{ events: [], deadLetters: [{ site: '', key: 'typo' }] }])
    const [letter] = outbox.shipments[0]?.deadLetters ?? []
    expect(JSON.parse(String(letter?.payload))).toEqual({ messages: 2, batch: [page, 7] })
  })

  it('leaves dead letters that name the call, so that they can be sent again in a batch', async () => {
    const { outbox, send } = setUp()
    await send({ messageId: 'm1' }, { type: 'track' })
    await send({ messageId: 'm2' }, { type: 'page', writeKey: 'typo' })
    const payloads = outbox.shipments.flatMap(({ deadLetters }) => deadLetters.map(({ payload }) => String(payload)))
    expect(payloads.map((payload) => JSON.parse(payload) as unknown)).toEqual([
      { messageId: 'm1', type: 'track' },
      { messages: 1, batch: [{ messageId: 'm2', type: 'page' }] },
    ])
  })

  it('leaves nothing that identifies in its dead letters where the batch says that there is no consent', async () => {
    const { outbox, send } = setUp()
    const context = { consent: { categoryPreferences: { analytics: false } } }
    const batch = [
      { type: 'track', anonymousId: 'ann' },
      { type: 'track', anonymousId: 'anna', context: { consent: null } },
    ]
    await send({ context, batch })
    await send({ context, batch }, { writeKey: 'typo' })
    const letters = outbox.shipments.flatMap(({ deadLetters }) => deadLetters)
    expect(letters).toHaveLength(3)
    for (const { payload } of letters) expect(String(payload)).not.toContain('ann')
  })

  it('may have 2500 messages; of a larger one nothing is looked at or kept', async () => {
    const { outbox, send } = setUp()
    const most = Array.from({ length: 2500 }, () => page)
    expect(await send({ batch: most })).toMatchObject({ accepted: 2500 })
    const tooMany = { kind: 'malformed', reason: 'too_many_messages' }
    expect(await send({ batch: [...most, page] })).toMatchObject(tooMany)
    expect(await send(`{"batch":[${'1,'.repeat(249_900)}1]}`, { writeKey: 'typo' })).toMatchObject(tooMany)
    expect(outbox.shipments).toHaveLength(1)
  })

  it('without a key is not looked at', async () => {
    const { outbox, send } = setUp()
    expect(await send({ batch: [page] }, { writeKey: '' })).toMatchObject({
      kind: 'unauthorised',
      reason: 'no_write_key',
      refused: [],
    })
    expect(outbox.shipments).toHaveLength(0)
  })

  it('may name its key in the body, as browsers must that cannot set headers', async () => {
    const { send } = setUp()
    expect(await send({ writeKey: 'dev', batch: [page] }, { writeKey: '' })).toMatchObject({ accepted: 1 })
    expect(await send({ writeKey: 'dev' }, { writeKey: '', type: 'page' })).toMatchObject({ accepted: 1 })
  })

  it.each([
    ['that is no JSON', '{"batch":[', 'invalid_json'],
    ['that is empty', '', 'invalid_json'],
    ['whose batch is missing', '{}', 'no_batch'],
    ['whose batch is an object', '{"batch":{}}', 'no_batch'],
    ['that is a list', '[]', 'no_batch'],
  ])('%s is malformed', async (_what, body, reason) => {
    expect(await setUp().send(body)).toMatchObject({ kind: 'malformed', reason })
  })

  it('is answered with how many accepted events have ids that are none, for operators to see', async () => {
    const order = { ...page, type: 'track', event: 'Order Completed', properties: { order_id: 'undefined' } }
    const nobody = { type: 'page', anonymousId: 'undefined', userId: 'null' }
    const alias = { type: 'alias', previousId: 'null', userId: 'ada' }
    const batch = [page, order, nobody, alias, { type: 'page', userId: '' }, { anonymousId: 'null' }]
    expect(await setUp().send({ batch })).toMatchObject({ accepted: 5, unusableOrderIds: 1, unusablePersonIds: 2 })
  })

  it.each([
    [{ value: '12,50', currency: 'EUR' }],
    [{ revenue: 12.5, currency: 'EURO' }],
    [{ total: 1e30, currency: 'EUR' }],
    [{ value: 12.5 }],
  ])('is answered with how many accepted events have an amount that is none: %j', async (properties) => {
    const bought = { ...page, type: 'track', event: 'Order Completed', properties }
    const paid = { ...bought, properties: { value: '12.50', currency: 'EUR' } }
    const batch = [page, bought, paid, { ...bought, properties: { value: '' } }]
    expect(await setUp().send({ batch })).toMatchObject({ accepted: 4, unusableAmounts: 1 })
  })

  it('with an empty batch is answered', async () => {
    expect(await setUp().send({ batch: [] })).toEqual({
      kind: 'answered',
      accepted: 0,
      refused: [],
      unusableOrderIds: 0,
      unusablePersonIds: 0,
      unusableAmounts: 0,
    })
  })

  it('may begin with a byte order mark', async () => {
    expect(await setUp().send(`\ufeff${JSON.stringify({ batch: [page] })}`)).toMatchObject({ accepted: 1 })
  })

  it('may hold bytes that are no UTF-8: they become U+FFFD', async () => {
    const { outbox, send } = setUp()
    const [before, after] = JSON.stringify({ batch: [{ ...page, anonymousId: '|' }] }).split('|') as [string, string]
    await send('', { body: Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)]) })
    expect(outbox.shipments[0]?.events[0]?.visitor_id).toBe('\ufffd')
  })

  it('may be nested deeper than the stack is high', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const { outbox, send } = setUp()
    const answer = await send(`{"batch":[{"type":"page","properties":{"deep":${deep}}},${deep}]}`)
    expect(answer).toMatchObject({ refused: [{ reason: 'too_deep' }, { reason: 'not_an_object' }] })
    expect(outbox.shipments[0]?.deadLetters).toHaveLength(2)
  })

  it('is not accepted while the log does not acknowledge it', async () => {
    const { outbox, send } = setUp()
    outbox.refuseWith = { ok: false, reason: 'queue_full', message: 'full' }
    expect(await send({ batch: [page] })).toEqual({ kind: 'undelivered', reason: 'queue_full', message: 'full' })
  })

  it('reaches the fault point after the log has it and before the answer', async () => {
    const reached: string[] = []
    const { outbox, send } = setUp({
      reach: (point) => Promise.resolve(void reached.push(`${point} with ${outbox.shipments.length} shipped`)),
    })
    await send({ batch: [page] })
    expect(reached).toEqual(['ingest.after-produce with 1 shipped'])
  })

  it('that is refused without consent leaves a dead letter without identity', async () => {
    const { outbox, send } = setUp()
    const context = {
      consent: { analytics_storage: 'denied' },
      ip: '203.0.113.9',
      groupId: 'g',
      page: { url: 'https://shop.example/?gclid=G&a=b' },
    }
    const identity = { anonymousId: 'a', userId: 'u', groupId: 'g', traits: { email: 'e' } }
    await send({ batch: [{ type: 'track', ...identity, context }] })
    expect(JSON.parse(String(outbox.shipments[0]?.deadLetters[0]?.payload))).toEqual({
      type: 'track',
      context: { consent: { analytics_storage: 'denied' }, page: { url: 'https://shop.example/?a=b' } },
      properties: {},
    })
  })
})
