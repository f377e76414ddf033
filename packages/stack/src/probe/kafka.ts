import { connect } from 'node:net'

const metadataKey = 3
/** The oldest version that can ask for no topic without creating any; brokers of every supported release answer it. */
const metadataVersion = 4
const correlationId = 1

/**
 * How many brokers a Kafka listener at `host:port` says are in service, by one Metadata request on a bare connection.
 * Undefined when nothing there speaks the protocol in plaintext. A broker that is still starting answers with zero.
 */
export function brokersInService(address: string, timeoutMs: number): Promise<number | undefined> {
  const { host, port } = splitAddress(address)
  return new Promise((resolve) => {
    let received = Buffer.alloc(0)
    const socket = connect({ host, port })
    const finish = (answer: number | undefined) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(timeoutMs, () => finish(undefined))
    socket.once('error', () => finish(undefined))
    socket.once('close', () => finish(undefined))
    socket.once('connect', () => socket.write(metadataRequest()))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      // size, correlation id, throttle time, then the length of the array of brokers: int32 each.
      if (received.length >= 16)
        finish(received.readInt32BE(4) === correlationId ? received.readInt32BE(12) : undefined)
    })
  })
}

/** Splits `host:port`, the host of an IPv6 address in brackets. */
export function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(':')
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) }
}

/** int32 size · int16 key · int16 version · int32 correlation · string client id · int32 count of topics · bool may create. */
function metadataRequest(): Buffer {
  const client = Buffer.from('cairn-stack')
  const request = Buffer.alloc(4 + 2 + 2 + 4 + 2 + client.length + 4 + 1)
  let at = request.writeInt32BE(request.length - 4)
  at = request.writeInt16BE(metadataKey, at)
  at = request.writeInt16BE(metadataVersion, at)
  at = request.writeInt32BE(correlationId, at)
  at = request.writeInt16BE(client.length, at)
  at += client.copy(request, at)
  at = request.writeInt32BE(0, at)
  request.writeUInt8(0, at)
  return request
}
