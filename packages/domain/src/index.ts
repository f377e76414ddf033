export type { ColdDue, ColdStates } from './event/cold.ts'
export type { Label, Millis, StorefrontEvent } from './event/event.ts'
export type { PoisonReason } from './event/poison.ts'
export { cutAddress } from './event/address.ts'
export { consentOf, type Consent } from './event/consent.ts'
export { eventKey, sitePattern, visitorOf } from './event/key.ts'
export {
  add,
  currencyCode,
  currencyExponent,
  currencyExponents,
  minorUnits,
  multiply,
  parseDecimal,
  type Decimal,
} from './event/money.ts'
export { promotionOf } from './event/promotion.ts'
export { canonicalName, messageTypes, type MessageType } from './event/name.ts'
export { refusalReasons, type Refusal, type RefusalReason } from './event/refusal.ts'
export { clockTolerance, eventTime, parseTime } from './event/time.ts'
export { isOrderEvent, orderKey } from './order/order-event.ts'
export { foldOrder, orderResults } from './order/fold.ts'
export type { AddressedVerdict, FoldedOrder, OrderResult, SentEvent } from './order/fold.ts'
export { orderFoldVersion, Orders } from './order/orders.ts'
export type { OrderBody, OrderRecord, OrdersPlace, OrderStep } from './order/orders.ts'
export { StoredOrders } from './order/stored.ts'
export { HeldOrders, type OrderStore } from './order/store.ts'
export type { OrderCodec, OrderState } from './order/state.ts'
export { orderStatuses, type OrderStatus, type Verdict, type WrittenVerdict } from './order/verdict.ts'
export type { Path, Problem } from './definitions/check.ts'
export type { SessionRules } from './session/rules.ts'
export type { Contribution, GoalCounts, SessionRow, SessionState } from './session/row.ts'
export type { ConversionRow, GoalClass, GoalKind } from './conversion/row.ts'
export type { CreditReason, CreditRow } from './attribution/row.ts'
export { models, type Model } from './attribution/model.ts'
export { JourneyTally, type StepValue, type VisitorGroup } from './attribution/journey-tally.ts'
export { compileDefinitions } from './fold/definitions.ts'
export type { Compiled, Definitions, SiteDefinitions } from './fold/definitions.ts'
export type { Dues, TrackedSession, VisitorCodec, VisitorState } from './fold/visitor.ts'
export { NEVER } from './fold/visitor.ts'
export {
  createPartition,
  foldVersion,
  limitCache,
  noteStored,
  restorePartition,
  takeDirty,
  takeDirtyIn,
} from './fold/partition.ts'
export type { Checkpoint, DeployedDefinitions, PartitionOptions, PartitionState } from './fold/partition.ts'
export { indexedDue } from './fold/cold.ts'
export type { ColdVisitors } from './fold/cold.ts'
export type { CacheCounts } from './fold/store.ts'
export type { Body, LogRecord } from './fold/record.ts'
export { step } from './fold/step.ts'
export type { Outcome, Output, StepResult } from './fold/output.ts'
export { orderKeptMs } from './order/orders.ts'
export { MAX_TOUCHES } from './attribution/path.ts'
