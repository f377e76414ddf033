import { spawn } from 'node:child_process'

type Environment = Readonly<Record<string, string | undefined>>

export interface Outcome {
  readonly ok: boolean
  readonly stdout: string
  readonly stderr: string
}

/** Runs the Docker client to its end. A client that is missing, fails or takes too long is not ok. */
export function docker(args: readonly string[], env: Environment, timeoutMs = 60_000): Promise<Outcome> {
  return new Promise((resolve) => {
    const client = spawn('docker', args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs })
    const said = { stdout: '', stderr: '' }
    client.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString('utf8')))
    client.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString('utf8')))
    client.once('error', (error) => resolve({ ok: false, stdout: '', stderr: error.message }))
    client.once('close', (code) => resolve({ ok: code === 0, ...said }))
  })
}
