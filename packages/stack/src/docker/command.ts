import { execFile } from 'node:child_process'

type Environment = Readonly<Record<string, string | undefined>>

export interface Outcome {
  readonly ok: boolean
  readonly stdout: string
  readonly stderr: string
}

/** Runs the Docker client to its end. A client that is missing, fails or takes too long is not ok. */
export function docker(args: readonly string[], env: Environment, timeoutMs = 60_000): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile('docker', args, { env, timeout: timeoutMs }, (error, stdout, stderr) => {
      resolve({ ok: error === null, stdout, stderr: stderr === '' ? (error?.message ?? '') : stderr })
    })
  })
}
