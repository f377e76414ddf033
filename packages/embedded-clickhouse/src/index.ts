export { startEmbeddedClickHouse } from './start.ts'
export type { EmbeddedClickHouse, StartOptions, StartResult } from './start.ts'
