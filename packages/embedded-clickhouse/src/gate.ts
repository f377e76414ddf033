/** Lets at most `width` tasks run at once; the others wait in the order they came. */
export class Gate {
  readonly #width: number
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(width: number) {
    this.#width = width
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#width) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#running += 1
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      // A slot is handed over rather than freed, so that a newcomer cannot overtake those who wait.
      if (next === undefined) this.#running -= 1
      else next()
    }
  }
}
