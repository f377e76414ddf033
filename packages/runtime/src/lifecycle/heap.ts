import { setFlagsFromString } from 'node:v8'

/** V8 of Node 24: engines before it do not know the flag, those after it need not. */
const versionsWithFlag = /^13\./

/**
 * Lets no more garbage gather than what is alive. The engine waits for up to three times as much where its processor time
 * says so, whatever that takes: a worker with 500 MB of live state came to 3.5 GB as it caught up.
 */
export function boundGarbage(setFlag = setFlagsFromString): void {
  setFlag('--heap-growing-percent=100')
}

/**
 * Has the engine count buffers against the limit of its heap. As it is, it collects all of the heap whenever buffers have
 * grown by 64 MiB, however much room there is: a worker that catches up reads that much in a second, and a quarter of its
 * processor time went there (54,000 events a second became 64,000).
 *
 * @param v8 version of the engine
 */
export function countBuffersAsHeap(v8: string, setFlag = setFlagsFromString): void {
  if (versionsWithFlag.test(v8)) setFlag('--external-memory-accounted-in-global-limit')
}
