import type { CreditRow } from '../attribution/row.ts'
import type { ConversionRow } from '../conversion/row.ts'
import type { Label } from '../event/event.ts'
import type { PoisonReason } from '../event/poison.ts'
import type { SessionRow } from '../session/row.ts'

/** What a step writes; `key` is the record key it is written under. */
export type Output =
  /** The label of the record's own event: it stands before the event's bytes. */
  | { readonly kind: 'labelled'; readonly key: string; readonly label: Label }
  | { readonly kind: 'session'; readonly key: string; readonly row: SessionRow }
  | { readonly kind: 'conversion'; readonly key: string; readonly row: ConversionRow }
  | { readonly kind: 'credit'; readonly key: string; readonly row: CreditRow }
  | { readonly kind: 'barrier'; readonly key: string; readonly flush_id: string; readonly hold_ms: number }
  | {
      readonly kind: 'dead-letter'
      readonly key: string
      readonly reason: PoisonReason | 'invalid_definitions'
      readonly detail: string
    }

/** What became of the record: every one ends in exactly one of these. */
export type Outcome = 'accepted' | 'duplicate' | 'duplicate_conflict' | 'poison' | 'control' | VerdictOutcome

export type VerdictOutcome =
  | 'verdict'
  /** It came again, or after a later one of its order. */
  | 'verdict_repeated'
  /** Of an order that its visitor has forgotten: it can't be told what it changes. */
  | 'verdict_forgotten'

export interface StepResult {
  readonly outputs: readonly Output[]
  readonly outcome: Outcome
  /** The record is an accepted event older than the watermark. */
  readonly late: boolean
  /** Else the record has outputs left: the next step takes it again. */
  readonly isDone: boolean
}
