import { textOf, type JsonObject } from './json.ts'

/**
 * Properties as text: scalars as they read, nested values as JSON. A null is no value. The result has no prototype, so
 * that a property called `__proto__` is a property like any other.
 */
export function propertiesOf(sent: JsonObject): Record<string, string> {
  const properties = Object.create(null) as Record<string, string>
  for (const name in sent) {
    const value = sent[name]
    if (value === null || value === undefined) continue
    properties[name] = typeof value === 'object' ? JSON.stringify(value) : textOf(value)
  }
  return properties
}
