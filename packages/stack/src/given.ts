import { answersPing, objectionTo } from './probe/clickhouse.ts'
import { brokersInService, splitAddress } from './probe/kafka.ts'
import { refuse, type Refused } from './refusal.ts'
import type { ClickHouseServer, KafkaServer } from './server.ts'

type Environment = Readonly<Record<string, string | undefined>>

const answerTimeoutMs = 5_000

/** The Kafka named by `KAFKA_BROKERS` (`host:port`, comma-separated); undefined when none is named. */
export async function givenKafka(
  env: Environment,
): Promise<{ readonly ok: true; readonly kafka: KafkaServer } | Refused | undefined> {
  const named = env['KAFKA_BROKERS']?.trim()
  if (named === undefined || named === '') return undefined
  const brokers = named.split(',').map((broker) => broker.trim())
  const malformed = brokers.find((broker) => !isAddress(broker))
  if (malformed !== undefined) {
    return refuse(
      'invalid-setting',
      `KAFKA_BROKERS has "${malformed}" where host:port is expected; correct it or unset it.`,
    )
  }
  const answers = await Promise.all(brokers.map((broker) => brokersInService(broker, answerTimeoutMs)))
  if (!answers.some((inService) => (inService ?? 0) > 0)) {
    return refuse(
      'given-unusable',
      `No Kafka broker answers at KAFKA_BROKERS=${named}: start it, correct the address, or unset it to have one started here.`,
    )
  }
  return { ok: true, kafka: { kind: 'given', brokers } }
}

/** The ClickHouse named by `CLICKHOUSE_URL`, with `CLICKHOUSE_USER` (default) and `CLICKHOUSE_PASSWORD` (empty); undefined when none is named. */
export async function givenClickHouse(
  env: Environment,
): Promise<{ readonly ok: true; readonly clickhouse: ClickHouseServer } | Refused | undefined> {
  const url = env['CLICKHOUSE_URL']?.trim()
  if (url === undefined || url === '') return undefined
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    return refuse(
      'invalid-setting',
      `CLICKHOUSE_URL is "${url}" where http://host:port is expected; correct it or unset it.`,
    )
  }
  const credentials = { user: env['CLICKHOUSE_USER'] ?? 'default', password: env['CLICKHOUSE_PASSWORD'] ?? '' }
  if (!(await answersPing(url, answerTimeoutMs))) {
    return refuse(
      'given-unusable',
      `No ClickHouse answers at CLICKHOUSE_URL=${url}: start it, correct the address, or unset it to have one started here.`,
    )
  }
  const objection = await objectionTo(credentials, url, answerTimeoutMs)
  if (objection !== undefined) {
    return refuse(
      'given-unusable',
      `ClickHouse at ${url} refuses user ${credentials.user} (${objection}): set CLICKHOUSE_USER and CLICKHOUSE_PASSWORD.`,
    )
  }
  return { ok: true, clickhouse: { kind: 'given', url, ...credentials } }
}

function isAddress(broker: string): boolean {
  const { host, port } = splitAddress(broker)
  return host !== '' && Number.isInteger(port) && port > 0 && port < 65_536
}
