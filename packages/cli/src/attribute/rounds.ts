import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Does a round again and again, the pause apart, until interrupted; one that has begun is finished. One that fails is
 * told of, and the next one comes when it would have come anyway.
 */
export async function inRounds(
  round: () => Promise<void>,
  pauseMs: number,
  interrupted: AbortSignal,
  onFailure: (error: unknown) => void,
): Promise<void> {
  while (!interrupted.aborted) {
    await round().catch(onFailure)
    await sleep(pauseMs, undefined, { signal: interrupted }).catch(() => undefined)
  }
}
