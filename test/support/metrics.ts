/** A value of a service's metrics: of the first line that begins so, 0 while there is none, NaN while nothing answers. */
export async function metric(port: number, name: string): Promise<number> {
  const values = await valuesOf(port, name)
  return values === undefined ? NaN : (values[0] ?? 0)
}

/** The same of all lines that begin so, added up: of every partition. */
export async function metricOfAll(port: number, name: string): Promise<number> {
  const values = await valuesOf(port, name)
  return values === undefined ? NaN : values.reduce((sum, value) => sum + value, 0)
}

async function valuesOf(port: number, name: string): Promise<number[] | undefined> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined)
  const lines = (await answer?.text())?.split('\n').filter((one) => one.startsWith(name))
  return lines?.map((line) => Number(line.split(' ').at(-1)))
}
