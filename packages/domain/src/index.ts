export type { Label, Millis, StorefrontEvent } from './event/event.ts'
export type { Body, LogRecord, PoisonReason } from './event/record.ts'
export type { Contribution, GoalCounts, SessionRow, SessionState } from './session/row.ts'
export type { ConversionRow, GoalClass, GoalKind } from './conversion/row.ts'
