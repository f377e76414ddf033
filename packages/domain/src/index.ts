export type { ColdDue, ColdStates } from './state/cold.ts'
export type { Label, Millis, StorefrontEvent } from './event/event.ts'
export type { PoisonReason } from './event/poison.ts'
export { cutAddress } from './event/address.ts'
export { consentOf, type Consent } from './event/consent.ts'
export { eventKey, isKeyOf, sitePattern, visitorOf } from './event/key.ts'
export {
  add,
  currencyCode,
  currencyExponents,
  minorUnits,
  multiply,
  parseDecimal,
  type Decimal,
} from './event/money.ts'
export { LARGEST_LONG } from './event/long.ts'
export { promotionOf } from './event/promotion.ts'
export { canonicalName, messageTypes, type MessageType } from './event/name.ts'
export { refusalReasons, type Refusal, type RefusalReason } from './event/refusal.ts'
export { eventTime, parseTime } from './event/time.ts'
export { isOrderEvent, orderKey } from './order/order-event.ts'
export { foldOrder } from './order/fold.ts'
export type { AddressedVerdict, FoldedOrder, OrderResult } from './order/fold.ts'
export { orderFoldVersion, Orders } from './order/orders.ts'
export type { OrderBody, OrderRecord, OrdersPlace, OrderStep } from './order/orders.ts'
export { StoredOrders } from './order/stored.ts'
export type { OrderCodec, OrderState } from './order/state.ts'
export { orderStatuses, type OrderStatus, type Verdict, type WrittenVerdict } from './order/verdict.ts'
export type { Path } from './definitions/check.ts'
export { clickIdNames } from './session/source.ts'
export type { Contribution, GoalCounts, SessionRow } from './session/row.ts'
export type { ConversionRow } from './conversion/row.ts'
export type { CreditRow } from './attribution/row.ts'
export { models, type Model } from './attribution/model.ts'
export { JourneyTally, type StepValue, type VisitorGroup } from './attribution/journey-tally.ts'
export { compileDefinitions } from './fold/definitions.ts'
export type { Definitions, SiteDefinitions } from './fold/definitions.ts'
export type { Dues, VisitorCodec, VisitorState } from './fold/visitor.ts'
export { NEVER } from './fold/visitor.ts'
export { takeFormer } from './fold/former-visitor.ts'
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
export { indexedDue } from './fold/due-index.ts'
export type { Body, LogRecord } from './fold/record.ts'
export { step } from './fold/step.ts'
export type { Outcome, Output, StepResult } from './fold/output.ts'
export { orderKeptMs } from './order/orders.ts'
export { MAX_PATH_SIZE, MAX_TOUCHES } from './attribution/path.ts'
export { MAX_RESTATED } from './fold/journey.ts'
