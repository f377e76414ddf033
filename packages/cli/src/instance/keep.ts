import { backoffMs, pause } from '@cairn/runtime'
import type { ServiceProcess } from './service.ts'

export interface KeepOptions {
  readonly name: string
  /** Starts a process of the service and returns when it is ready; rejects with why it is not. */
  readonly start: (interrupted: AbortSignal) => Promise<ServiceProcess>
  /** Ends the first start. */
  readonly interrupted: AbortSignal
  readonly say: (line: string) => void
  /** Told once, when it will not be started again. */
  readonly onGivenUp: (why: string) => void
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number }
  /** A process that has run this long is no part of a row of failures. */
  readonly settledMs?: number
}

export interface KeptService {
  readonly name: string
  /** Ends it, also where it is just being started again. */
  stop(): Promise<void>
}

/** A service that ended this often in a row will not come up by being started once more. */
export const mostRestarts = 5

/**
 * Runs a service and starts it again when it ends unasked: each recovers from the log by itself, wherever it was. The
 * first start is not repeated, since what it lacks is most often in how it was started.
 */
export async function keepService(options: KeepOptions): Promise<KeptService> {
  const { name } = options
  const stopping = new AbortController()
  let running: ServiceProcess | undefined = await options.start(options.interrupted)
  const watch = async () => {
    let failures = 0
    while (running !== undefined) {
      const since = performance.now()
      const report = await running.ended
      if (isAborted(stopping.signal)) return
      if (performance.now() - since >= (options.settledMs ?? 60_000)) failures = 0
      ;({ running, failures } = await startAgain(options, report, failures, stopping.signal))
      // Asked to stop at the very moment it came up: `stop` has not seen this process.
      if (isAborted(stopping.signal)) await running?.stop()
    }
  }
  const watched = watch()
  return {
    name,
    async stop() {
      stopping.abort()
      await running?.stop()
      await watched
    },
  }
}

async function startAgain(
  { name, start, say, onGivenUp, backoff = { firstMs: 500, maxMs: 8000 } }: KeepOptions,
  lastReport: string,
  failuresBefore: number,
  stopping: AbortSignal,
): Promise<{ running: ServiceProcess | undefined; failures: number }> {
  let report = lastReport
  for (let failures = failuresBefore + 1; ; failures++) {
    if (failures > mostRestarts) {
      onGivenUp(`${report}\n${name} ended ${failures} times in a row and is not started again`)
      return { running: undefined, failures }
    }
    const ms = backoffMs(backoff, failures - 1)
    say(`${report}\nstarting ${name} again in ${ms / 1000} s (${failures} of ${mostRestarts} times in a row)`)
    await pause(ms, stopping)
    if (isAborted(stopping)) return { running: undefined, failures }
    try {
      const running = await start(stopping)
      say(`${name} runs again`)
      return { running, failures }
    } catch (error) {
      if (isAborted(stopping)) return { running: undefined, failures }
      report = error instanceof Error ? error.message : String(error)
    }
  }
}

/** A signal may be aborted while something is awaited, which the compiler does not expect of a property. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}
