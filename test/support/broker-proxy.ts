import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** Stands before a broker, also where that names itself, and knows Produce requests and ends of transactions from all others. */
export interface BrokerProxy {
  readonly address: string
  /** Lets Produce requests wait here from now on; others overtake them. */
  hold(): void
  /** How many wait. */
  held(): number
  release(): void
  /** How many Produce requests were answered and their answers passed on. */
  answered(): number
  /**
   * Keeps back for good the answers that a transaction was ended whose id begins so: the broker has done its part, and nobody
   * hears of it.
   */
  silenceEnds(ofTransactions: string): void
  letEndsPass(): void
  /** How many answers were kept back. */
  silenced(): number
  close(): void
}

const produce = 0
const endTxn = 26

export async function proxyToBroker(port: number): Promise<BrokerProxy> {
  const sockets = new Set<Socket>()
  let waiting: (() => void)[] = []
  let holding = false
  let answered = 0
  /** Of which transactions, while there are some. */
  let silencing: string | undefined
  let silenced = 0
  const server = createServer((client) => {
    const broker = connect(port, '127.0.0.1')
    const asked = new Set<number>()
    const ends = new Set<number>()
    for (const [one, other] of [[client, broker] as const, [broker, client] as const]) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    // int32 size · int16 API · int16 version · int32 correlation · string client, and in answers int32 size · int32 correlation.
    onFrames(client, (frame) => {
      const isProduce = frame.readInt16BE(4) === produce
      if (isProduce) asked.add(frame.readInt32BE(8))
      if (silencing !== undefined && frame.readInt16BE(4) === endTxn && afterClient(frame).includes(silencing))
        ends.add(frame.readInt32BE(8))
      if (isProduce && holding) waiting.push(() => broker.write(frame))
      else broker.write(frame)
    })
    onFrames(broker, (frame) => {
      const correlation = frame.readInt32BE(4)
      // int32 throttle time · int16 error: what is refused is tried again.
      if (ends.delete(correlation) && silencing !== undefined && frame.readInt16BE(12) === 0) {
        silenced++
        return
      }
      client.write(withAddress(frame, port, (server.address() as AddressInfo).port))
      if (asked.delete(correlation)) answered++
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold: () => void (holding = true),
    held: () => waiting.length,
    release() {
      holding = false
      for (const send of waiting) send()
      waiting = []
    },
    answered: () => answered,
    silenceEnds: (ofTransactions) => void (silencing = ofTransactions),
    letEndsPass: () => void (silencing = undefined),
    silenced: () => silenced,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** What a request says, without who asks. */
function afterClient(frame: Buffer): Buffer {
  return frame.subarray(14 + Math.max(0, frame.readInt16BE(12)))
}

/** A broker's answers tell clients where it is, as a host and an int32 port: they would go past the proxy. */
function withAddress(frame: Buffer, brokerPort: number, proxyPort: number): Buffer {
  const address = Buffer.from('127.0.0.1\0\0\0\0', 'latin1')
  address.writeInt32BE(brokerPort, address.length - 4)
  for (let at = frame.indexOf(address); at >= 0; at = frame.indexOf(address, at + 1))
    frame.writeInt32BE(proxyPort, at + address.length - 4)
  return frame
}

function onFrames(socket: Socket, take: (frame: Buffer) => void): void {
  let rest = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0)
      take(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
  })
}
