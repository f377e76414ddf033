/** A value of a service's metrics: of the first line that begins so, 0 while there is none, NaN while nothing answers. */
export async function metric(port: number, name: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined)
  if (answer === undefined) return NaN
  const line = (await answer.text()).split('\n').find((one) => one.startsWith(name))
  return Number(line?.split(' ').at(-1) ?? 0)
}

/** The same of all lines that begin so, added up: of every partition. */
export async function metricOfAll(port: number, name: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined)
  if (answer === undefined) return NaN
  const lines = (await answer.text()).split('\n').filter((one) => one.startsWith(name))
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}
