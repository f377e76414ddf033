import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A server between a client and the ClickHouse it means, which can be made to fail, and knows inserts by their tokens. */
export interface Proxy {
  readonly url: string
  /** Breaks every connection and refuses new ones. */
  cut(): void
  mend(): void
  /** Keeps back for good the answer to the next insert under a token: the server has done its work, and nobody hears of it. */
  silenceNext(): void
  /** Tokens of the inserts that went by, in order; one for each attempt. */
  tokens(): readonly string[]
  /** Tokens of the inserts that the server has answered, in order, whether that was passed on or not. */
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
  let isSilencing = false
  const server = createServer((client) => {
    if (isCut) {
      client.destroy()
      return
    }
    const upstream = connect(Number(port), hostname)
    let isAnswerKept = false
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one)
      one.on('error', () => one.destroy())
      one.on('close', () => {
        open.delete(one)
        // A server leaves a connection on which it has long answered.
        if (one === client || !isAnswerKept) other.destroy()
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
      const isSilenced = token !== undefined && isSilencing
      token = undefined
      if (!isSilenced) {
        client.write(chunk)
        return
      }
      isSilencing = false
      isAnswerKept = true
      upstream.pause()
    })
    upstream.on('end', () => {
      if (!isAnswerKept) client.end()
    })
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
    silenceNext() {
      isSilencing = true
    },
    tokens: () => tokens,
    answered: () => answered,
    close: () => {
      breakAll()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
