import { createServer } from 'node:net'
import { once } from 'node:events'

/** Samples of one metric of a service by their labels as written; empty while it does not answer. */
export async function readMetric(port: number, name: string): Promise<Map<string, number>> {
  const text = await fetch(`http://127.0.0.1:${port}/metrics`).then(
    (answer) => answer.text(),
    () => '',
  )
  const samples = [...text.matchAll(new RegExp(`^${name}\\{(.*)\\} (\\S+)$`, 'gm'))]
  return new Map(samples.map(([, labels, value]) => [labels!, Number(value)]))
}

/** The number in a label of a sample, such as the partition of `{partition="3",service="sink"}`. */
export function labelNumber(labels: string, name: string): number {
  return Number(new RegExp(`${name}="(\\d+)"`).exec(labels)?.[1])
}

export async function isReady(port: number): Promise<true | undefined> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
  return answer?.ok === true ? true : undefined
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}
