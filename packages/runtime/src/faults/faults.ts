/**
 * Named points where a fault test may kill, halt or fail the process: between two effects whose order matters.
 * Without a test every point is a resolved promise.
 */
export interface Faults {
  reach(point: FaultPoint): Promise<void>
}

export const faultPoints = [
  'ingest.after-produce',
  'after-fence',
  'mid-restore',
  'attribution.before-transaction',
  'attribution.after-produce',
  'attribution.after-commit',
  'orders.after-fence',
  'orders.mid-restore',
  'orders.before-append',
  'orders.after-append',
  'orders.after-commit',
  'orders.before-store',
  'orders.mid-store',
  'attribution.before-store',
  'attribution.mid-store',
  'sink.after-intent',
  'sink.in-insert',
  'sink.after-insert',
] as const

export type FaultPoint = (typeof faultPoints)[number]

/** The points in a takeover, which each service reaches under names of its own. */
export type TakeoverPoint = 'after-fence' | 'mid-restore'

const oneFault = `(${faultPoints.map((p) => p.replace('.', '\\.')).join('|')})=(kill|stop|fail)(?:@([1-9]\\d*))?`

/** How `CAIRN_FAULT` is written. */
export const faultForm = new RegExp(`^${oneFault}(,${oneFault})*$`)

export const noFaults: Faults = { reach: () => Promise.resolve() }

/**
 * Acts at points as `CAIRN_FAULT` says: `<point>=<kill|stop|fail>[@<nth time, from 1>]`, or several of these separated by
 * commas. `kill` ends the process as SIGKILL would; `stop` halts it as SIGSTOP does, until something continues it; `fail`
 * makes `reach` reject, as what stands before the point may. Only processes of fault tests set it.
 */
export function faultsFrom(
  text: string | undefined,
  process: { pid: number; kill(pid: number, signal: string): void },
): Faults {
  if (text === undefined) return noFaults
  if (!faultForm.test(text)) throw new Error(`no fault is written ${text}`)
  const faults = [...text.matchAll(new RegExp(oneFault, 'g'))].map(([, point, action, nth = '1']) => {
    return { point, action, left: Number(nth) }
  })
  return {
    reach(reached) {
      const due = faults.filter(({ point }) => point === reached).filter((fault) => --fault.left === 0)
      for (const { action } of due)
        if (action !== 'fail') process.kill(process.pid, action === 'kill' ? 'SIGKILL' : 'SIGSTOP')
      if (!due.some(({ action }) => action === 'fail')) return Promise.resolve()
      return Promise.reject(new Error(`the fault asked for at ${reached}`))
    },
  }
}
