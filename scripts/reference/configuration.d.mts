import type { Settings } from '@cairn/runtime'

export function configurationReference(
  common: Settings,
  services: Readonly<Record<string, Settings>>,
  ofUp: Settings,
  jsonSchemaOf: (setting: Settings[string]) => object,
): string
