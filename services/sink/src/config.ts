import { commonSettings, loadConfig, z, type Loaded } from '@cairn/runtime'

const milliseconds = (least: number, byDefault: number) => z.coerce.number().int().min(least).default(byDefault)
const bytes = (byDefault: number) =>
  z.coerce
    .number()
    .int()
    .min(65_536)
    .max(64 * 1024 * 1024)
    .default(byDefault)

export const settings = {
  ...commonSettings,
  CLICKHOUSE_URL: z
    .url({ protocol: /^https?$/, error: 'must be http://host:port or https://host:port' })
    .describe('ClickHouse over HTTP, for instance http://127.0.0.1:8123'),
  CLICKHOUSE_USER: z.string().optional().describe('ClickHouse user; the server decides when absent'),
  CLICKHOUSE_PASSWORD: z.string().optional().describe('Password of CLICKHOUSE_USER'),
  CLICKHOUSE_DATABASE: z
    .string()
    .regex(/^\w[\w-]{0,127}$/, 'must be up to 128 letters, digits, "_" and "-"')
    .refine((name) => !/^(?:system|information_schema)$/i.test(name), "must be no database of ClickHouse's own")
    .optional()
    .describe('Database of the tables, created when missing; CAIRN_NAMESPACE when absent'),
  CAIRN_GENERATION: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(1)
    .describe('Load of the tables the rows belong to; leave it at 1: the rebuild that will raise it is not there yet'),
  BATCH_ROWS: z.coerce
    .number()
    .int()
    .min(1)
    .max(200_000)
    .default(200_000)
    .describe('Most records in one insert; ClickHouse must see an insert as one block'),
  BATCH_BYTES: bytes(32 * 1024 * 1024).describe('Most bytes of messages in one insert, at most 64 MiB'),
  FLUSH_MS: milliseconds(100, 1000).describe('Least time between inserts of a topic-partition while they are not full'),
  INBOX_BYTES: bytes(32 * 1024 * 1024).describe('Unread bytes held for each topic-partition before reading pauses'),
  SESSION_TIMEOUT_MS: milliseconds(1000, 10_000).describe(
    'Silence after which the group gives the partitions of a worker to others',
  ),
  DEDUP_WINDOW: z.coerce
    .number()
    .int()
    .min(100)
    .default(100_000)
    .describe(
      'Insert tokens a table remembers, one for each of its own partitions an insert touches; set at creation, and the sink does not start where a table has less',
    ),
  SAFE_WINDOW_MS: milliseconds(1000, 10 * 60_000).describe(
    'How long a token is trusted to be remembered; an older open insert is checked against the tables instead. At most half the time in which DEDUP_WINDOW tokens are written',
  ),
} as const

export type SinkConfig = Extract<Loaded<typeof settings>, { ok: true }>['config']

/** Months that rows of one insert belong to, as a rule: late events reach into the one before. */
const monthsOfInsert = 2

export function load(env: Readonly<Record<string, string | undefined>>): Loaded<typeof settings> {
  const loaded = loadConfig(settings, env)
  if (!loaded.ok) return loaded
  const { CAIRN_PARTITIONS, FLUSH_MS, DEDUP_WINDOW, SAFE_WINDOW_MS } = loaded.config
  // All partitions write their tokens into the same tables.
  const safeMs = Math.floor(((DEDUP_WINDOW / (CAIRN_PARTITIONS * monthsOfInsert)) * FLUSH_MS) / 2)
  if (SAFE_WINDOW_MS <= safeMs) return loaded
  const reason = `${CAIRN_PARTITIONS} partitions that insert every ${FLUSH_MS} ms fill ${DEDUP_WINDOW} tokens too soon`
  return { ok: false, problems: [`SAFE_WINDOW_MS: must be at most ${safeMs}, or DEDUP_WINDOW larger: ${reason}`] }
}
