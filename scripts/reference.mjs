// Writes the generated references docs/configuration.md and docs/warehouse.md. Needs a build.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { acceptedBy, commonSettings, defaultOf } from '@cairn/runtime'
import { settings as attribution } from '../services/attribution/dist/config.js'
import { settings as ingest } from '../services/ingest/dist/config.js'
import { settings as sink } from '../services/sink/dist/config.js'
import { settings as up } from '../packages/cli/dist/instance/settings.js'
import { configurationReference } from './reference/configuration.mjs'
import { warehouseReference } from './reference/warehouse.mjs'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'schemas', 'clickhouse')
const files = readdirSync(folder).sort()
const sql = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('')

const describe = (setting) => ({ accepted: acceptedBy(setting), byDefault: defaultOf(setting) })
write('configuration.md', configurationReference(commonSettings, { ingest, attribution, sink }, up, describe))
write('warehouse.md', warehouseReference(sql))

function write(name, text) {
  writeFileSync(join(root, 'docs', name), text)
}
