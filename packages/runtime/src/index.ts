export { catalogOf, readCatalog, schemaFolder, type Catalog, type CatalogEntry } from './codec/catalog.ts'
export { openCatalog } from './codec/registry.ts'
export { createCodec, type Codec, type Decoded, type Undecoded } from './codec/codec.ts'
export { fittedDeadLetter } from './codec/dead-letter.ts'
export { readEventInput, UnknownSchema, type EventInput } from './codec/log-record.ts'
export { readOrderRecord } from './codec/order-record.ts'
export { createOrderCodec } from './codec/order.ts'
export { createVisitorCodec } from './codec/visitor.ts'
export { DiskFailure } from './state-disk/database.ts'
export type { Unusable } from './state-disk/claim.ts'
export { type DiskOptions, type StateDisk, type States } from './state-disk/disk.ts'
export { orderLayout, visitorLayout, type StateLayout } from './state-disk/layout.ts'
export { emptyDisk, openStateDisk, type Opened } from './state-disk/open.ts'
export { Turns } from './state-disk/turns.ts'
export {
  createContainerBuilder,
  originFields,
  type Container,
  type ContainerBuilder,
  type RowFault,
} from './codec/container.ts'
export type * from './codec/records.ts'
export { headerBytes, readHeader } from './codec/wire.ts'
export { faultPoints, faultsFrom, noFaults, type FaultPoint, type Faults, type TakeoverPoint } from './faults/faults.ts'
export { createLogger, silentLogger, type Logger, type LogLevel } from './log/log.ts'
export type { KafkaConnection } from './kafka/client.ts'
export {
  openFencedProducer,
  type FencedProducer,
  type TopicBuffer,
  type TopicEnds,
  type TopicRecords,
  type TransactionEnd,
} from './kafka/fenced-producer.ts'
export { Inbox } from './kafka/inbox.ts'
export {
  takeOwnership,
  type OwnedPartition,
  type OwnedTopic,
  type Ownership,
  type OwnershipOptions,
} from './kafka/ownership.ts'
export { partitionFor } from './kafka/partitioner.ts'
export { openProducer, type IdempotentProducer } from './kafka/producer.ts'
export { RecordBuffer, type WriteBytes } from './kafka/record-buffer.ts'
export type { Incoming, Outgoing } from './kafka/record.ts'
export { OwnershipLost, PartitionStopped, ProducerSpent, type StopReason } from './kafka/stopped.ts'
export type { Supervision } from './kafka/supervision.ts'
export type { Lag, Progress } from './kafka/progress.ts'
export { createSupervision } from './kafka/supervision-metrics.ts'
export { topicKinds, topicName, type TopicKind } from './kafka/topic-names.ts'
export { ensureTopics, stateDeletesKeptMs } from './kafka/topics.ts'
export { commonSettings, loadConfig, z, type Loaded, type Settings } from './config/config.ts'
export { acceptedBy, defaultOf } from './config/setting.ts'
export { backoffMs, pause, type Backoff } from './lifecycle/wait.ts'
export { countBuffersAsHeap, GarbageBound } from './lifecycle/heap.ts'
export { runService, type ProcessPort, type Running } from './lifecycle/service.ts'
export {
  createMetrics,
  serveMetrics,
  type Counter,
  type Gauge,
  type Histogram,
  type Metrics,
} from './metrics/metrics.ts'
export { controlPrefix, isFence, takeOver, type StateReader, type TakeoverOptions } from './kafka/takeover.ts'
export { type FailureReason, type WarehouseFailure } from './clickhouse/failure.ts'
export { oneServer, type Topology } from './clickhouse/ddl.ts'
export {
  migrate,
  migrationFolder,
  readMigrations,
  statements,
  type Migrated,
  type Migration,
} from './clickhouse/migrations.ts'
export {
  maxInsertSeconds,
  openWarehouse,
  type WarehouseOptions,
  type Answer,
  type InsertIdentity,
  type Warehouse,
} from './clickhouse/warehouse.ts'
export { flushLog, type Flushed, type FlushOptions } from './kafka/flush.ts'
export { readLog, type LogPosition, type ReadLogOptions } from './kafka/read-log.ts'
export { kafkaObstacle } from './kafka/unavailable.ts'
export { allDefinitions, deployDefinitions, deployedDefinitions } from './definitions/deploy.ts'
export { readDefinitions, type DefinitionsFile, type DefinitionsProblem } from './definitions/file.ts'
