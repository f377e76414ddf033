// docs/configuration.md, from what the services say of their own settings.

/**
 * Markdown of the settings that all services have and of those each has besides, by service, and of those of `cairn up`;
 * `describe` gives what a setting accepts and its default, as services themselves say them.
 */
export function configurationReference(common, services, ofUp, describe) {
  const sections = Object.entries(services).map(([service, settings]) => [
    `## ${service}`,
    `\`node services/${service}/dist/main.js\`. Besides the settings of every service:`,
    table(
      Object.entries(settings).filter(([name]) => !(name in common)),
      describe,
    ),
  ])
  const everyService = ['## Every service', table(Object.entries(common), describe)]
  const up = ['## cairn up', localInstance, table(Object.entries(ofUp), describe)]
  return [introduction, everyService, ...sections, up].flat().join('\n\n') + '\n'
}

const introduction = `<!-- Written by scripts/reference.mjs from services/*/src/config.ts and packages/cli/src/instance/settings.ts. Change it there, then run: npm run docs -->

# Configuration

Each service is configured by environment variables. \`CAIRN_CONFIG\` may name a YAML file of the same names; a variable
of the environment wins over the file. An empty value counts as absent. All problems are reported at once, a name in the
file that is no setting is one of them, and the service ends with exit code 2. \`--check-config\` only checks: exit code 0
when the configuration is fine. \`--help\` prints what follows.

A service ends with 0 when it was asked to (SIGTERM, SIGINT), 1 when it failed while running or did not stop within
30 s, 2 when its configuration is refused, 3 when it could not start. Ingest starts without Kafka and is not ready until
it answers; attribution and sink end with 3 without it, the sink after a minute without ClickHouse: let what runs them
start them again.`

const localInstance = `\`npx cairn up\` reads it from the environment, not from the file of \`CAIRN_CONFIG\`; and
[what names its servers](../README.md#configuration).`

function table(settings, describe) {
  const rows = settings.map(([name, setting]) => row(name, setting, describe(setting)))
  return ['| setting | default | accepted | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function row(name, setting, { accepted, byDefault }) {
  const cells = [`\`${name}\``, defaultCell(name, byDefault), accepted, setting.description ?? '']
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('<', '&lt;')).join(' | ')} |`
}

function defaultCell(name, byDefault) {
  if (byDefault === 'required') return '**required**'
  if (byDefault === '') return '–'
  return `\`${byDefault}\`${name.endsWith('_BYTES') ? inUnits(Number(byDefault)) : ''}`
}

function inUnits(bytes) {
  for (const [unit, size] of [
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ])
    if (bytes % size === 0) return ` (${bytes / size} ${unit})`
  return ''
}
