import { setTimeout as sleep } from 'node:timers/promises'

/** Does a round again and again, the pause apart, until interrupted; one that has begun is finished. Throws what a round throws. */
export async function inRounds(round: () => Promise<void>, pauseMs: number, interrupted: AbortSignal): Promise<void> {
  do {
    await round()
    await sleep(pauseMs, undefined, { signal: interrupted }).catch(() => undefined)
  } while (!interrupted.aborted)
}
