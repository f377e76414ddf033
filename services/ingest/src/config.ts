import { isIP } from 'node:net'
import { commonSettings, loadConfig, z, type Loaded } from '@cairn/runtime'
import { sendBytes } from './outbox/kafka.ts'
import { mostMessages } from './segment/body.ts'
import { readWriteKeys } from './write-keys.ts'

const kilobyte = 1024
const megabyte = 1024 * kilobyte

/** Brokers refuse requests over 1 MiB, and a refused message of a whole body must still fit one. */
const largestBatch = 900_000

const writeKeys = z.string().transform((text, context) => {
  const read = readWriteKeys(text)
  if (read.ok) return read.keys
  for (const message of read.problems) context.addIssue({ code: 'custom', message })
  return z.NEVER
})

function isNetwork(text: string): boolean {
  const [address = '', prefix = '0'] = text.split('/')
  return isIP(address) !== 0 && /^\d{1,3}$/.test(prefix)
}

const trustProxy = z
  .string()
  .refine(
    (text) => text === 'true' || text === 'false' || text.split(',').every(isNetwork),
    'must be true, false, or addresses and networks separated by commas',
  )
  .transform((text) => (text === 'true' || text === 'false' ? text === 'true' : text))

const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most)

/** Settings of the service by the names of their environment variables. */
export const settings = {
  ...commonSettings,
  HOST: z.string().default('127.0.0.1').describe('Address to listen on'),
  PORT: whole(0, 65_535).default(8080).describe('Port to listen on; 0 for any free one'),
  WRITE_KEYS: writeKeys.describe('Write keys: key=site[:server], comma separated; in a file also default_currency'),
  MAX_BATCH_BYTES: whole(kilobyte, largestBatch)
    .default(500 * kilobyte)
    .describe(`Largest body, inflated; its batch may have ${mostMessages} messages`),
  MAX_QUEUE_BYTES: whole(2 * sendBytes, 1024 * megabyte)
    .default(16 * megabyte)
    .describe('Bytes a partition may hold for Kafka before requests get 503'),
  REQUEST_TIMEOUT_MS: whole(100, 300_000)
    .default(15_000)
    .describe('How long a request waits for Kafka before 503, and may take to arrive before 408'),
  RETRY_AFTER_SECONDS: whole(1, 3600).default(5).describe('Retry-After of a 503'),
  TICK_INTERVAL_MS: whole(10, 60_000).default(1000).describe('How often idle partitions get a tick'),
  TRUST_PROXY: trustProxy
    .default(false)
    .describe('Proxies whose X-Forwarded-For is believed: true, false, or addresses and networks'),
  COUNTRY_HEADER: z
    .string()
    .toLowerCase()
    .default('')
    .describe('Header in which a trusted proxy gives the country, such as cf-ipcountry'),
} as const

export type IngestConfig = Extract<Loaded<typeof settings>, { ok: true }>['config']

export function loadIngestConfig(env: Readonly<Record<string, string | undefined>>): Loaded<typeof settings> {
  return loadConfig(settings, env)
}
