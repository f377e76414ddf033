// A program that starts one server and is then killed by its test: node parent.js kafka|clickhouse DATA_DIR [PROGRAM]
import { startClickHouse, startKafka } from '@cairn/stack'

const [server, dataDir, program] = process.argv.slice(2)
const options = { dataDir, env: process.env, onCrash: () => undefined }
const started = server === 'kafka' ? await startKafka(options) : await startClickHouse(options, program)
if (!started.ok) throw new Error(started.message)
process.once('SIGTERM', () => process.exit())
console.log(JSON.stringify({ pid: (started.kafka ?? started.clickhouse).server.pid }))
setInterval(() => undefined, 60_000)
