import type { ConversionRow, CreditRow, Output, SessionRow } from '@cairn/domain'

/** One cell of the roll-up: sums of new minus replaced. */
export type RollUp = Map<string, number>

/**
 * What the warehouse holds after the outputs of a fold: rows overwritten by (id, version), deleted rows gone, moves of
 * events, and the roll-up as the sum of what rows add and subtract.
 */
export class Warehouse {
  readonly sessions = new Map<string, SessionRow>()
  readonly conversions = new Map<string, ConversionRow>()
  readonly credits = new Map<string, { readonly key: string; readonly row: CreditRow }>()
  readonly moves = new Map<string, string>()
  /** By input offset: the session a single event was moved to. */
  readonly eventMoves = new Map<number, string>()
  readonly labels = new Map<number, string | null>()
  readonly rollUp: RollUp = new Map()

  apply(outputs: readonly Output[]): void {
    for (const output of outputs) {
      if (output.kind === 'labelled') this.labels.set(output.label.input_offset, output.label.session_id)
      if (output.kind === 'session') this.applySession(output.row)
      if (output.kind === 'conversion') this.conversions.set(output.row.conversion_id, output.row)
      if (output.kind === 'credit') this.credits.set(output.row.conversion_id, output)
    }
  }

  /** The session an event is in now; one move of its own and one of a session are always enough. */
  sessionOf(inputOffset: number): string | null {
    const written = this.eventMoves.get(inputOffset) ?? this.labels.get(inputOffset) ?? null
    return written === null ? null : (this.moves.get(written) ?? written)
  }

  liveSessions(): SessionRow[] {
    return [...this.sessions.values()].filter((row) => row.is_deleted === 0)
  }

  liveConversions(): ConversionRow[] {
    return [...this.conversions.values()].filter((row) => row.is_deleted === 0)
  }

  /** Credits as they stand, each with the record key of its visitor. */
  liveCredits(): { readonly key: string; readonly row: CreditRow }[] {
    return [...this.credits.values()].filter(({ row }) => row.is_deleted === 0)
  }

  /** The roll-up as the live rows alone give it. */
  recomputedRollUp(): RollUp {
    const rollUp: RollUp = new Map()
    for (const row of this.liveSessions()) addNew(rollUp, row)
    return rollUp
  }

  private applySession(row: SessionRow): void {
    this.sessions.set(row.session_id, row)
    if (row.merged_into !== null) this.moves.set(row.session_id, row.merged_into)
    for (const offset of row.moved_offsets) this.eventMoves.set(offset, row.session_id)
    addNew(this.rollUp, row)
    addPrevious(this.rollUp, row)
  }
}

function addNew(rollUp: RollUp, row: SessionRow): void {
  if (row.counted === 0) return
  const cell = [hourOf(row.started_at), row.channel, row.source, row.medium, row.campaign]
  add(rollUp, [...cell, '', '', 'sessions'], 1)
  for (const [at, goal] of row.goal_names.entries()) {
    const slice = [...cell, goal, row.goal_currencies[at] ?? '']
    add(rollUp, [...slice, 'converting'], row.goal_converted[at] ?? 0)
    add(rollUp, [...slice, row.goal_macro[at] === 1 ? 'macro' : 'micro'], row.goal_counts[at] ?? 0)
    add(rollUp, [...slice, 'value'], row.goal_values[at] ?? 0)
  }
}

function addPrevious(rollUp: RollUp, row: SessionRow): void {
  if (row.prev_counted === 0) return
  const cell = [hourOf(row.prev_started_at), row.prev_channel, row.prev_source, row.prev_medium, row.prev_campaign]
  add(rollUp, [...cell, '', '', 'sessions'], -1)
  for (const [at, goal] of row.prev_goal_names.entries()) {
    const slice = [...cell, goal, row.prev_goal_currencies[at] ?? '']
    add(rollUp, [...slice, 'converting'], -(row.prev_goal_converted[at] ?? 0))
    add(rollUp, [...slice, row.prev_goal_macro[at] === 1 ? 'macro' : 'micro'], -(row.prev_goal_counts[at] ?? 0))
    add(rollUp, [...slice, 'value'], -(row.prev_goal_values[at] ?? 0))
  }
}

function hourOf(time: number): string {
  return String(Math.floor(time / 3_600_000))
}

/** Cells at zero are absent, so that two roll-ups with the same content are equal. */
function add(rollUp: RollUp, cell: readonly string[], amount: number): void {
  const key = cell.join('|')
  const sum = (rollUp.get(key) ?? 0) + amount
  if (sum === 0) rollUp.delete(key)
  else rollUp.set(key, sum)
}
