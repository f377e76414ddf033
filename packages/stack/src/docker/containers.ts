import { GenericContainer, Wait, type StartedTestContainer } from 'testcontainers'
import { localBrokerSettings } from '../kafka-settings.ts'
import type { Credentials } from '../probe/clickhouse.ts'

export { chooseImage, clickHouseImage, kafkaImage } from './images.ts'

/** A container that publishes one of its ports on this machine's loopback interface only; by itself Docker opens it to the network. */
class LoopbackContainer extends GenericContainer {
  readonly #port: number
  readonly #hostPort: number

  constructor(image: string, port: number, hostPort: number) {
    super(image)
    this.#port = port
    this.#hostPort = hostPort
    this.withExposedPorts({ container: port, host: hostPort })
  }

  protected override beforeContainerCreated(): Promise<void> {
    const binding = { HostIp: '127.0.0.1', HostPort: String(this.#hostPort) }
    this.hostConfig.PortBindings = { [`${this.#port}/tcp`]: [binding] }
    return Promise.resolve()
  }
}

const startTimeoutMs = 120_000

/** Runs a throw-away Kafka whose clients reach it at `127.0.0.1:hostPort`. The port is chosen by the caller, as the broker must advertise it. */
export function startKafkaContainer(image: string, hostPort: number): Promise<StartedTestContainer> {
  return new LoopbackContainer(image, 9092, hostPort)
    .withEnvironment(brokerEnvironment(hostPort))
    .withWaitStrategy(Wait.forListeningPorts())
    .withStartupTimeout(startTimeoutMs)
    .start()
}

/** Runs a throw-away ClickHouse that answers HTTP at `127.0.0.1:hostPort`. */
export function startClickHouseContainer(
  image: string,
  hostPort: number,
  { user, password }: Credentials,
): Promise<StartedTestContainer> {
  return new LoopbackContainer(image, 8123, hostPort)
    .withEnvironment({ CLICKHOUSE_USER: user, CLICKHOUSE_PASSWORD: password })
    .withWaitStrategy(Wait.forHttp('/ping', 8123))
    .withStartupTimeout(startTimeoutMs)
    .start()
}

/** The broker's settings as the image of Apache Kafka takes them: `log.retention.ms` becomes `KAFKA_LOG_RETENTION_MS`. */
export function brokerEnvironment(advertisedPort: number): Record<string, string> {
  const settings = {
    ...localBrokerSettings,
    'controller.quorum.voters': '1@127.0.0.1:9093',
    // The broker connects to itself to end transactions. The advertised port is published outside its container only, so it
    // has a listener of its own: without one nothing transactional ever ends.
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'inter.broker.listener.name': 'INTERNAL',
    listeners: 'PLAINTEXT://0.0.0.0:9092,CONTROLLER://127.0.0.1:9093,INTERNAL://127.0.0.1:9094',
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${advertisedPort},INTERNAL://127.0.0.1:9094`,
    'log.dirs': '/var/lib/kafka/data',
  }
  const named = Object.entries(settings).map(([name, value]) => [
    `KAFKA_${name.toUpperCase().replaceAll('.', '_')}`,
    value,
  ])
  return Object.fromEntries(named) as Record<string, string>
}
