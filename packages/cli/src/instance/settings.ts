import { loadConfig, z } from '@cairn/runtime'
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
} as const

/** How often to attribute by data, as `cairn attribute --every` takes it; undefined for never. */
export function attributeEvery(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const loaded = loadConfig(settings, { ATTRIBUTE_EVERY: env['ATTRIBUTE_EVERY'] })
  if (!loaded.ok) throw new CommandFailure(exitCode.usage, loaded.problems.join('\n'))
  return loaded.config.ATTRIBUTE_EVERY === 'off' ? undefined : loaded.config.ATTRIBUTE_EVERY
}
