import { textOf, type JsonObject } from './json.ts'

/** Properties as text: scalars as they read, nested values as JSON. A null is no value. */
export function propertiesOf(sent: JsonObject): Record<string, string> {
  const properties: Record<string, string> = {}
  for (const name in sent) {
    const value = sent[name]
    if (value === null || value === undefined) continue
    put(properties, name, typeof value === 'object' ? JSON.stringify(value) : textOf(value))
  }
  return properties
}

/** Sets a property whatever its name: assigning to `__proto__` would set the object's prototype instead. */
export function put(properties: Record<string, string>, name: string, value: string): void {
  if (name === '__proto__') Object.defineProperty(properties, name, { value, enumerable: true })
  else properties[name] = value
}
