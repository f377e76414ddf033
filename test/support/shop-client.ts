import { randomFrom } from '@cairn/testkit'

const names = ['Product Viewed', 'Product Added', 'Checkout Started', 'Order Completed', 'Products Searched'] as const
const campaigns = ['', '?utm_source=google&utm_medium=cpc', '?utm_source=news&utm_medium=email'] as const
const batchMessages = 25
const connections = 4
const retryMs = 100
const patienceMs = 120_000
const answerMs = 30_000

interface Message {
  readonly messageId: string
  readonly order: string | undefined
  readonly json: string
}

export interface ShopClient {
  /** Ids of messages that were answered with 2xx. */
  readonly accepted: ReadonlySet<string>
  /** Ids of messages that were sent, answered or not. */
  readonly sent: ReadonlySet<string>
  /** Orders among the accepted messages. */
  readonly orders: ReadonlySet<string>
  /**
   * Sends that many messages of random visitors, some late, some twice. Each request is sent again, byte for byte, until
   * it is answered with 2xx, as clients do that lose nothing; what a lost answer was about is so sent twice.
   */
  send(messages: number): Promise<void>
  /** Ends what is under way, for a test that has failed. */
  stop(): void
}

/** A shop's tracker on `url`; the seed decides what it sends. `padding` bytes are added to each message. */
export function shopClient(url: string, writeKey: string, seed: number, padding = 0): ShopClient {
  const accepted = new Set<string>()
  const sent = new Set<string>()
  const orders = new Set<string>()
  const next = messages(seed, 'x'.repeat(padding))
  const stopped = new AbortController()
  const authorization = `Basic ${btoa(`${writeKey}:`)}`

  async function post(batch: readonly Message[]): Promise<void> {
    const body = `{"batch":[${batch.map((m) => m.json).join(',')}]}`
    for (const { messageId } of batch) sent.add(messageId)
    const deadline = performance.now() + patienceMs
    while (!(await isTaken(url, authorization, body))) {
      stopped.signal.throwIfAborted()
      if (performance.now() > deadline) throw new Error(`${url} took nothing for ${patienceMs} ms`)
      await new Promise((resolve) => setTimeout(resolve, retryMs))
    }
    for (const { messageId, order } of batch) {
      accepted.add(messageId)
      if (order !== undefined) orders.add(order)
    }
  }

  return {
    accepted,
    sent,
    orders,
    stop: () => stopped.abort(),
    async send(count) {
      let left = count
      const connection = async () => {
        while (left > 0) {
          const size = Math.min(batchMessages, left)
          left -= size
          await post(Array.from({ length: size }, next))
        }
      }
      await Promise.all(Array.from({ length: connections }, connection))
    },
  }
}

/** Whether the request was answered with 2xx. A refused message is a defect of the test: it would not be counted. */
async function isTaken(url: string, authorization: string, body: string): Promise<boolean> {
  let text: string
  try {
    const answer = await fetch(`${url}/v1/batch`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(answerMs),
    })
    text = await answer.text()
    if (!answer.ok) return false
  } catch {
    return false
  }
  if ((JSON.parse(text) as { refused: readonly unknown[] }).refused.length > 0) throw new Error(text)
  return true
}

function messages(seed: number, padding: string): () => Message {
  const random = randomFrom(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const startedAt = Date.now() - 60_000
  let number = 0
  let previous: Message | undefined
  return () => {
    const message = previous !== undefined && random() < 0.05 ? previous : fresh()
    previous = message
    return message
  }

  function fresh(): Message {
    const messageId = `m${seed}-${number++}`
    const event = pick(names)
    const lateMs = random() < 0.1 ? random() * 3 * 3_600_000 : 0
    const order = event === 'Order Completed' ? `o${number}` : undefined
    const json = JSON.stringify({
      type: 'track',
      messageId,
      anonymousId: `v${Math.floor(random() * 200)}`,
      ...(random() < 0.2 ? { userId: `u${Math.floor(random() * 120)}` } : {}),
      timestamp: new Date(startedAt + number - lateMs).toISOString(),
      event,
      properties: {
        product_id: `p${Math.floor(random() * 50)}`,
        padding,
        ...(order === undefined
          ? {}
          : { order_id: order, total: Math.floor(random() * 10_000) / 100, currency: 'EUR' }),
      },
      context: {
        userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
        page: { url: `https://shop.example/${number % 7}${pick(campaigns)}` },
      },
    })
    return { messageId, order, json }
  }
}
