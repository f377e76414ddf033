import { clickIdNames } from './campaign.ts'

const clickIdParameter = new RegExp(`(?<=[?&])(?:${clickIdNames.join('|')})=[^&#"\\\\\\s]*&?`, 'gi')
const clickIds: ReadonlySet<string> = new Set(clickIdNames)

/** The text without click ids in the addresses it holds: without consent they must not survive in a kept URL. */
export function withoutClickIds(text: string): string {
  if (!text.includes('=')) return text
  const cut = text.replaceAll(clickIdParameter, '')
  return cut === text ? text : cut.replaceAll(/[?&](?=["#]|$)/g, '')
}

/** The properties without click ids, whether they have a name of their own or are part of an address. */
export function propertiesWithoutClickIds(properties: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.create(null) as Record<string, string>
  for (const [name, value] of Object.entries(properties)) {
    if (!clickIds.has(name.toLowerCase())) kept[name] = withoutClickIds(value)
  }
  return kept
}
