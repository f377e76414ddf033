/** mulberry32: small, seedable, good enough to mix test traffic. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** The seed of this run: `CAIRN_SEED` repeats one that failed. */
export const seed = Number(process.env['CAIRN_SEED'] ?? Date.now() % 1_000_000)
