/** The partition of a key: murmur2 as the Java client does it, so that other producers agree. */
export function partitionFor(key: string, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}

const seed = 0x9747b28c
const m = 0x5bd1e995

/** Keys are short: longer ones get a buffer of their own. */
const scratch = Buffer.allocUnsafe(1024)

/**
 * Kafka's hash of a key, as `org.apache.kafka.common.utils.Utils.murmur2` has it, over the key's UTF-8. The client
 * library has it too, on its own 64-bit integers: 5 µs a key, a tenth of all that ingest does to an event.
 */
export function murmur2(key: string): number {
  // A UTF-16 code unit takes three bytes of UTF-8 at most.
  const data = key.length * 3 <= scratch.length ? scratch : Buffer.from(key)
  const length = data === scratch ? scratch.write(key) : data.length
  const whole = length & ~3
  let h = seed ^ length
  for (let i = 0; i < whole; i += 4) {
    let k = Math.imul(data.readInt32LE(i), m)
    k = Math.imul(k ^ (k >>> 24), m)
    h = Math.imul(h, m) ^ k
  }
  if (whole < length) {
    for (let i = length - 1; i >= whole; i--) h ^= (data[i] as number) << (8 * (i - whole))
    h = Math.imul(h, m)
  }
  h = Math.imul(h ^ (h >>> 13), m)
  return h ^ (h >>> 15)
}
