/** `tables[t][b]`: what byte `b` adds to the checksum when `t` more bytes follow it in its group of eight. */
const tables = buildTables()

/**
 * CRC-32C (Castagnoli), the checksum of Kafka's record batches, of `bytes` from `start` to `end`. Eight bytes at a time
 * through eight tables, which takes a third of the time of byte by byte; Node has only the other CRC-32.
 */
export function crc32c(bytes: Uint8Array, start: number, end: number): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables
  let crc = -1
  let at = start
  for (; at + 8 <= end; at += 8) {
    crc ^= word(bytes, at)
    const next = word(bytes, at + 4)
    crc =
      (t7[crc & 0xff] as number) ^
      (t6[(crc >>> 8) & 0xff] as number) ^
      (t5[(crc >>> 16) & 0xff] as number) ^
      (t4[crc >>> 24] as number) ^
      (t3[next & 0xff] as number) ^
      (t2[(next >>> 8) & 0xff] as number) ^
      (t1[(next >>> 16) & 0xff] as number) ^
      (t0[next >>> 24] as number)
  }
  for (; at < end; at++) crc = (t0[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8)
  return ~crc >>> 0
}

/** Four bytes, the first lowest. */
function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  )
}

type Tables = [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array]

function buildTables(): Tables {
  const polynomial = 0x82f63b78
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? polynomial : 0)
    return crc
  })
  const built = [first]
  for (let t = 1; t < 8; t++) {
    const before = built[t - 1] as Int32Array
    built.push(before.map((crc) => (crc >>> 8) ^ (first[crc & 0xff] as number)))
  }
  return built as Tables
}
