export { load, type AttributionConfig } from './config.ts'
export { startAttribution } from './pipeline.ts'
export { Outputs } from './partition/outputs.ts'
