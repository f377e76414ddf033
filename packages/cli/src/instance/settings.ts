import { commonSettings, loadConfig, z } from '@cairn/runtime'
import { everyMs, everyRule } from '../attribute/every.ts'
import { CommandFailure, exitCode } from '../command.ts'

/** What `cairn up` reads of the environment besides what names its servers. */
export const settings = {
  ATTRIBUTE_EVERY: z
    .string()
    .refine((text) => text === 'off' || everyMs(text) !== undefined, `${everyRule}, or off`)
    .default('1h')
    .describe(
      'Time between two runs of `cairn attribute`, such as 30m, 1h or 1d, at most 24d; off where nothing is to be run',
    ),
  CAIRN_NAMESPACE: commonSettings.CAIRN_NAMESPACE,
} as const

export interface UpSettings {
  /** As `cairn attribute --every` takes it; undefined for never. */
  readonly attributeEvery: string | undefined
  readonly namespace: string
}

/** @throws CommandFailure with all that is wrong */
export function readSettings(env: Readonly<Record<string, string | undefined>>): UpSettings {
  const given = Object.keys(settings).map((name) => [name, env[name]])
  const loaded = loadConfig(settings, Object.fromEntries(given) as typeof env)
  if (!loaded.ok) throw new CommandFailure(exitCode.usage, loaded.problems.join('\n'))
  const { ATTRIBUTE_EVERY, CAIRN_NAMESPACE } = loaded.config
  return { attributeEvery: ATTRIBUTE_EVERY === 'off' ? undefined : ATTRIBUTE_EVERY, namespace: CAIRN_NAMESPACE }
}
