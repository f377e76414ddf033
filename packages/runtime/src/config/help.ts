import type { Settings } from './config.ts'
import { acceptedBy, defaultOf, meaningOf } from './setting.ts'

const width = 20

/** How a service is called. */
export function usageOf(service: string): string {
  return `Usage: node services/${service}/dist/main.js [--check-config | --help]\n`
}

/** The usage and every setting with its default and what it takes. */
export function helpOf(service: string, settings: Settings): string {
  const rows = Object.entries(settings).map(([name, setting]) => {
    const [accepted, byDefault] = [acceptedBy(setting), defaultOf(setting)]
    const marks = [...(accepted === 'text' ? [] : [accepted]), ...(byDefault === '' ? [] : [markOf(byDefault)])]
    const notes = marks.length === 0 ? '' : ` (${marks.join('; ')})`
    return `  ${name.padEnd(width)}  ${meaningOf(setting)}${notes}\n`
  })
  return `${usageOf(service)}
Runs until SIGTERM or SIGINT. --check-config only checks the settings: exit code 0 when they are fine, else 2.
Settings are environment variables, or in a YAML file of the same names that CAIRN_CONFIG names:

${rows.join('')}`
}

function markOf(byDefault: string): string {
  return byDefault === 'required' ? byDefault : `default ${byDefault}`
}
