import { compileDefinitions } from '@cairn/domain'

/**
 * Definitions as they are deployed.
 *
 * @throws Error when the fold would refuse them: what is tested under them would be tested under none
 */
export function definitionsJson(definitions: unknown): string {
  const json = JSON.stringify(definitions)
  const compiled = compileDefinitions(JSON.parse(json))
  if (!compiled.ok) throw new Error(`the definitions are refused: ${JSON.stringify(compiled.problems)}`)
  return json
}
