/** Bytes before the Avro value: a zero byte and the schema id, big endian (Confluent wire format). */
export const headerBytes = 5

/** The schema id, or undefined when the message is not in the wire format. */
export function readHeader(message: Buffer): number | undefined {
  return message.length >= headerBytes && message[0] === 0 ? message.readUInt32BE(1) : undefined
}

/** Into room for it at `at`; without that room nothing is written that could be taken for a message. */
export function writeHeaderAt(bytes: Buffer, at: number, schemaId: number): void {
  bytes[at] = 0
  bytes[at + 1] = schemaId >>> 24
  bytes[at + 2] = schemaId >>> 16
  bytes[at + 3] = schemaId >>> 8
  bytes[at + 4] = schemaId
}
