export { catalogOf, readCatalog, schemaFolder, type Catalog, type CatalogEntry } from './codec/catalog.ts'
export { createCodec, type Codec, type Decoded, type Undecoded } from './codec/codec.ts'
export {
  createContainerBuilder,
  originFields,
  type Container,
  type ContainerBuilder,
  type RowFault,
} from './codec/container.ts'
export type * from './codec/records.ts'
export { headerBytes, readHeader } from './codec/wire.ts'
export { faultPoints, faultsFrom, noFaults, type FaultPoint, type Faults } from './faults/faults.ts'
export { createLogger, silentLogger, type Logger, type LogLevel } from './log/log.ts'
