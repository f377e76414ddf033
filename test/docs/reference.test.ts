import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { acceptedBy, commonSettings, defaultOf, readMigrations } from '@cairn/runtime'
import { settings as up } from '../../packages/cli/src/instance/settings.ts'
import { settings as attribution } from '../../services/attribution/src/config.ts'
import { settings as ingest } from '../../services/ingest/src/config.ts'
import { settings as sink } from '../../services/sink/src/config.ts'
import { configurationReference } from '../../scripts/reference/configuration.mjs'
import { warehouseReference } from '../../scripts/reference/warehouse.mjs'

const docs = join(import.meta.dirname, '..', '..', 'docs')
const services = { ingest, attribution, sink }
const views = readMigrations()
  .map(({ text }) => text)
  .join('')

/** When one of these fails, the documents are older than the code: npm run docs */
describe('the generated references', () => {
  it('docs/configuration.md says what the services say of their settings', () => {
    const written = configurationReference(commonSettings, services, up, (setting) => ({
      accepted: acceptedBy(setting),
      byDefault: defaultOf(setting),
    }))
    expect(readFileSync(join(docs, 'configuration.md'), 'utf8')).toBe(written)
  })

  it('docs/warehouse.md says what the views say of themselves', () => {
    expect(readFileSync(join(docs, 'warehouse.md'), 'utf8')).toBe(warehouseReference(views))
  })

  it('docs/warehouse.md leaves no public view out', () => {
    const declared = [...views.matchAll(/VIEW \{\{database\}\}\.(v_\w+)/g)].map(([, name]) => `## ${String(name)}`)
    expect(warehouseReference(views).match(/^## v_\w+$/gm)).toEqual(declared)
  })

  it('no setting is without a description', () => {
    const undescribed = Object.values({ ...commonSettings, ...ingest, ...attribution, ...sink, ...up }).filter(
      (setting) => (setting.description ?? '') === '',
    )
    expect(undescribed).toEqual([])
  })
})
