import { commonSettings, loadConfig, z, type Loaded } from '@cairn/runtime'

export const settings = {
  ...commonSettings,
  BATCH_RECORDS: z.coerce.number().int().min(1).max(100_000).default(10_000).describe('Most events in one transaction'),
  CHECKPOINT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .default(30_000)
    .describe(
      'Longest time between checkpoints of changed visitor states, and between writes of changed orders to the disk',
    ),
  CHECKPOINT_BYTES: z.coerce
    .number()
    .int()
    .min(65_536)
    .max(640 * 1024 * 1024)
    .default(128 * 1024 * 1024)
    .describe(
      'Memory taken by changed visitor states that brings checkpoints forward, shared by the partitions of a process; written they are a sixth to a third of it, which the brokers must take within a minute',
    ),
  STATE_DIR: z
    .string()
    .describe(
      'Folder for visitor states and orders on disk, a copy of what is in Kafka: lost or left behind, it is made anew. Workers of one machine may share it',
    ),
  STATE_CACHE_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(256 * 1024 * 1024)
    .describe('Memory for visitor states, shared by the partitions of a process; what is changed comes on top'),
  INBOX_BYTES: z.coerce
    .number()
    .int()
    .min(65_536)
    .default(4 * 1024 * 1024)
    .describe('Unread bytes held for each partition before reading pauses'),
  SESSION_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(1000)
    .default(10_000)
    .describe('Silence after which the group gives the partitions of a worker to others'),
} as const

export type AttributionConfig = Extract<Loaded<typeof settings>, { ok: true }>['config']

export function load(env: Readonly<Record<string, string | undefined>>): Loaded<typeof settings> {
  return loadConfig(settings, env)
}
