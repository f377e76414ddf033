import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A server between a client and the ClickHouse it means, which can be made to fail, and knows inserts by their tokens. */
export interface Proxy {
  readonly url: string
  /** Breaks every connection and refuses new ones. */
  cut(): void
  mend(): void
  /** Keeps back the answer to the next insert under a token until it is told to let go; the server has done its work. */
  holdAnswer(): void
  letGo(): void
  /** Tokens of the inserts that went by, in order; one for each attempt. */
  tokens(): readonly string[]
  /** Tokens of the inserts that the server has answered, in order, whether the answer was kept back or not. */
  answered(): readonly string[]
  close(): Promise<void>
}

const tokenPattern = /^POST [^ ]*[?&]insert_deduplication_token=([^& ]+)/

export async function proxyTo(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target)
  const open = new Set<Socket>()
  const tokens: string[] = []
  const answered: string[] = []
  let isCut = false
  let isHolding = false
  let kept: (() => void)[] = []
  const server = createServer((client) => {
    if (isCut) {
      client.destroy()
      return
    }
    const upstream = connect(Number(port), hostname)
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
    }
    // One request at a time: the head of the next is sent when the answer to the last is read.
    let token: string | undefined
    client.on('data', (chunk: Buffer) => {
      const found = tokenPattern.exec(chunk.subarray(0, 8192).toString('latin1'))?.[1]
      if (found === undefined) return
      token = decodeURIComponent(found)
      tokens.push(token)
    })
    upstream.on('data', (chunk: Buffer) => {
      if (token !== undefined) answered.push(token)
      const isKept = token !== undefined && isHolding
      token = undefined
      if (!isKept) {
        client.write(chunk)
        return
      }
      isHolding = false
      upstream.pause()
      kept.push(() => {
        client.write(chunk)
        upstream.resume()
      })
    })
    upstream.on('end', () => client.end())
    client.pipe(upstream)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const breakAll = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      isCut = true
      breakAll()
    },
    mend() {
      isCut = false
    },
    holdAnswer() {
      isHolding = true
    },
    letGo() {
      for (const send of kept) send()
      kept = []
    },
    tokens: () => tokens,
    answered: () => answered,
    close: () => {
      breakAll()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
