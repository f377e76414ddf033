// docs/configuration.md, from what the services say of their own settings.

/**
 * Markdown of the settings that all services have and of those each has besides, by service; `jsonSchemaOf` describes
 * what a setting accepts.
 */
export function configurationReference(common, services, jsonSchemaOf) {
  const sections = Object.entries(services).map(([service, settings]) => [
    `## ${service}`,
    `\`node services/${service}/dist/main.js\`. Besides the settings of every service:`,
    table(
      Object.entries(settings).filter(([name]) => !(name in common)),
      jsonSchemaOf,
    ),
  ])
  const everyService = ['## Every service', table(Object.entries(common), jsonSchemaOf)]
  return [introduction, everyService, ...sections].flat().join('\n\n') + '\n'
}

const introduction = `<!-- Written by scripts/reference.mjs from services/*/src/config.ts. Change it there, then run: npm run docs -->

# Configuration

Each service is configured by environment variables. \`CAIRN_CONFIG\` may name a YAML file of the same names; a variable
of the environment wins over the file. An empty value counts as absent. All problems are reported at once, a name in the
file that is no setting is one of them, and the service ends with exit code 2. \`--check-config\` only checks: exit code 0
when the configuration is fine.`

function table(settings, jsonSchemaOf) {
  const rows = settings.map(([name, setting]) => row(name, setting, jsonSchemaOf(setting)))
  return ['| setting | default | accepted | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function row(name, setting, schema) {
  const cells = [`\`${name}\``, defaultOf(name, setting), accepted(schema), setting.description ?? '']
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('<', '&lt;')).join(' | ')} |`
}

/** A setting that refuses to be absent is required; one that stays absent has no default. */
function defaultOf(name, setting) {
  const absent = setting.safeParse(undefined)
  if (!absent.success) return '**required**'
  if (absent.data === undefined || absent.data === '') return '–'
  return `\`${absent.data}\`${name.endsWith('_BYTES') ? inUnits(absent.data) : ''}`
}

function inUnits(bytes) {
  for (const [unit, size] of [
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ])
    if (bytes % size === 0) return ` (${bytes / size} ${unit})`
  return ''
}

function accepted({ type, enum: choices, minimum, maximum, format }) {
  if (choices !== undefined) return choices.map((choice) => `\`${choice}\``).join(', ')
  if (type !== 'integer') return format === 'uri' ? 'URL' : 'text'
  // Without a bound of its own a whole number has the largest that is exact.
  return maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? `from ${minimum}` : `${minimum} to ${maximum}`
}
