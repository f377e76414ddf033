export { load, type SinkConfig } from './config.ts'
export { startSink } from './pipeline.ts'
