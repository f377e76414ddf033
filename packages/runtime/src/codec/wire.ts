/** Bytes before the Avro value: a zero byte and the schema id, big endian (Confluent wire format). */
export const headerBytes = 5

/** The schema id, or undefined when the message is not in the wire format. */
export function readHeader(message: Buffer): number | undefined {
  return message.length >= headerBytes && message[0] === 0 ? message.readUInt32BE(1) : undefined
}

export function writeHeader(message: Buffer, schemaId: number): void {
  message[0] = 0
  message.writeUInt32BE(schemaId, 1)
}
