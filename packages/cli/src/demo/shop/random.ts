/** Reproducible chance: the same seed draws the same numbers on every machine. */
export interface Random {
  /** A number in [0, 1). */
  readonly next: () => number
  /** An integer in [from, to], both included. */
  readonly integer: (from: number, to: number) => number
  /** A number in [from, to). */
  readonly between: (from: number, to: number) => number
  /** True in `share` of the draws. */
  readonly chance: (share: number) => boolean
  readonly pick: <T>(choices: readonly T[]) => T
  /** A choice drawn by the weight of each. */
  readonly weighted: <T extends { readonly weight: number }>(choices: readonly T[]) => T
  /** A random (version 4) UUID. */
  readonly uuid: () => string
}

export function seededRandom(seed: number): Random {
  const word = sfc32(seed)
  const next = (): number => word() / 2 ** 32
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1))
  return {
    next,
    integer,
    between: (from, to) => from + next() * (to - from),
    chance: (share) => next() < share,
    pick: (choices) => present(choices[integer(0, choices.length - 1)]),
    weighted: (choices) => {
      let left = next() * choices.reduce((sum, { weight }) => sum + weight, 0)
      return present(choices.find(({ weight }) => (left -= weight) < 0) ?? choices.at(-1))
    },
    uuid: () => uuidOf([word(), word(), word(), word()]),
  }
}

function present<T>(choice: T | undefined): T {
  if (choice === undefined) throw new Error('nothing to choose from')
  return choice
}

function uuidOf(words: readonly number[]): string {
  const hex = words.map((word) => word.toString(16).padStart(8, '0')).join('')
  const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) % 4)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
}

/** Chris Doty-Humphrey's sfc32 (PractRand): unsigned 32-bit words, a period of at least 2^32. */
function sfc32(seed: number): () => number {
  let [a, b, c, counter] = [0, seed | 0, Math.floor(seed / 2 ** 32) | 0, 1]
  const word = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  // Small seeds differ in few bits; the first words still show it.
  for (let round = 0; round < 12; round++) word()
  return word
}
