/** Resolves when the condition holds; fails with its text when it does not within the time. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`after ${timeoutMs} ms still not true: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
