import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../services/ingest/dist/main.js', import.meta.url))

/** The ingest service as a process of its own, as production runs it. */
export interface IngestProcess {
  /** Where it listens; rejects when it ends before that. */
  readonly url: Promise<string>
  readonly exit: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  /** Everything it has written so far. */
  output(): string
  kill(signal: NodeJS.Signals): void
}

export function startIngestProcess(env: Readonly<Record<string, string>>): IngestProcess {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'], WRITE_KEYS: 'dev=shop,srv=shop:server', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let written = ''
  const exit = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  )
  const url = new Promise<string>((resolve, reject) => {
    const read = (text: Buffer) => {
      written += text.toString()
      const address = /"address":"([^"]+)"/.exec(written)?.[1]
      if (address !== undefined) resolve(address)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void exit.then(() => reject(new Error(`ingest ended before it listened: ${written}`)))
  })
  // A test that expects the end does not ask for the address.
  url.catch(() => undefined)
  return { url, exit, output: () => written, kill: (signal) => void child.kill(signal) }
}
