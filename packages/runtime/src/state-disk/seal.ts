import { crc32 } from 'node:zlib'

/** Bytes of a seal: a checksum that stands before what it is of. */
export const sealBytes = 4

/**
 * Writes the seal of a value into its first bytes. The name it is found by is in it, so that another's value does not pass
 * for it.
 */
export function seal(value: Buffer, name: Buffer): Buffer {
  value.writeUInt32LE(checksum(value, name))
  return value
}

export function isWhole(value: Buffer, name: Buffer): boolean {
  return value.length >= sealBytes && value.readUInt32LE() === checksum(value, name)
}

function checksum(value: Buffer, name: Buffer): number {
  return crc32(value.subarray(sealBytes, value.length), crc32(name))
}
