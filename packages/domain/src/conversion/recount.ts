import { isBy, type Companion } from './companion.ts'
import { renewed, type Conversion } from './conversion.ts'
import { isEarlier } from './count.ts'

/** A session whose events may leave it. */
export interface Recounted {
  conversions: readonly Conversion[]
  /** Of its own events: what they do not make because of an earlier one that may leave. */
  standby: readonly Conversion[]
}

/**
 * Counts again what counts once a session, after events have come to it or left it: the earliest does, all others stand
 * by. Of its own events the later ones never count unless they can be parted (`keepsAll`), so only the one that a
 * companion displaces is kept.
 *
 * @param version input offset that makes this necessary: a conversion that counts again is another one
 */
export function recount(
  session: Recounted,
  companions: readonly Companion[],
  keepsAll: boolean,
  version: number,
): void {
  if (isDecided(session, companions)) return
  const waiting = [...session.standby, ...companions.flatMap(({ standby }) => standby)]
  const counted = session.conversions.filter(({ per_session }) => per_session)
  const winners = new Map<string, Conversion>()
  for (const conversion of [...counted, ...waiting]) {
    const rival = winners.get(conversion.goal)
    if (rival === undefined || isEarlier(conversion, rival)) winners.set(conversion.goal, conversion)
  }
  const wins = (conversion: Conversion): boolean => winners.get(conversion.goal) === conversion
  const losers = [...counted, ...waiting].filter((conversion) => !wins(conversion))
  const again = waiting.filter(wins)
  if (again.length > 0 || counted.some((conversion) => !wins(conversion))) {
    const kept = session.conversions.filter((conversion) => !conversion.per_session || wins(conversion))
    session.conversions = [...kept, ...again.map((conversion) => renewed(conversion, version))]
  }
  for (const companion of companions) companion.standby = losers.filter((conversion) => isBy(companion, conversion))
  const own = losers.filter((conversion) => !companions.some((companion) => isBy(companion, conversion)))
  session.standby = keepsAll ? own : displaced(own, winners, companions)
}

/** Whether there are no two that only one of could count: nearly always, and nothing has to be made to see it. */
function isDecided({ conversions, standby }: Recounted, companions: readonly Companion[]): boolean {
  if (standby.length > 0) return false
  for (const companion of companions) if (companion.standby.length > 0) return false
  for (const [at, { per_session, goal }] of conversions.entries()) {
    if (!per_session) continue
    for (let other = 0; other < at; other++) {
      const rival = conversions[other]
      if (rival?.per_session === true && rival.goal === goal) return false
    }
  }
  return true
}

/** Of what a session's own events lost: the first of each goal that a companion has. */
function displaced(
  own: readonly Conversion[],
  winners: ReadonlyMap<string, Conversion>,
  companions: readonly Companion[],
): Conversion[] {
  const first = new Map<string, Conversion>()
  for (const conversion of own) {
    const winner = winners.get(conversion.goal)
    if (winner === undefined || !companions.some((companion) => isBy(companion, winner))) continue
    const rival = first.get(conversion.goal)
    if (rival === undefined || isEarlier(conversion, rival)) first.set(conversion.goal, conversion)
  }
  return [...first.values()]
}
