export { loadIngestConfig, settings, type IngestConfig } from './config.ts'
export { startIngest } from './service.ts'
