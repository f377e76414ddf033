export { startStack, type Stack, type StackResult } from './stack.ts'
export { discardStack } from './discard.ts'
export { endLeftovers } from './leftovers.ts'
export { startKafka, type KafkaResult } from './kafka.ts'
export { startClickHouse, type ClickHouseResult } from './clickhouse.ts'
export type { StackRefusal, Refused } from './refusal.ts'
export type {
  ClickHouseServer,
  Crash,
  KafkaServer,
  ManagedServer,
  ServerKind,
  ServerName,
  StackOptions,
} from './server.ts'
export { fixedPorts, rememberedPorts, type PortsResult } from './ports.ts'
export { endProcess, startChild, type Child, type ChildSpec, type Exit, type ServerSignal } from './process/child.ts'
export { isAlive, ownIdentity, type ProcessIdentity } from './process/identity.ts'
export type { Lock } from './process/lock.ts'
export { ownerOf, takeDirectory } from './take-directory.ts'
export { lastLines, rotateLog } from './process/logs.ts'
export { brokersInService } from './probe/kafka.ts'
