/** The task, which then runs the first time it is called only. */
export function once(task: () => void): () => void {
  let done = false
  return () => {
    if (!done) task()
    done = true
  }
}
