import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { repositoryDir } from '../paths.ts'
import { brokerEnvironment } from './containers.ts'
import { clickHouseImage, kafkaImage } from './images.ts'

interface Service {
  readonly image: string
  readonly ports: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly volumes: readonly string[]
  readonly healthcheck: { readonly test: readonly string[] }
}

/** docker-compose.yml with the defaults of its variables put in. */
const compose = parse(
  readFileSync(join(repositoryDir, 'docker-compose.yml'), 'utf8').replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1'),
) as { readonly services: Readonly<Record<string, Service>>; readonly volumes: Readonly<Record<string, unknown>> }

describe('docker-compose.yml', () => {
  const { kafka, clickhouse } = compose.services as { readonly kafka: Service; readonly clickhouse: Service }

  it('runs the pinned images and nothing else', () => {
    expect(Object.keys(compose.services).sort()).toEqual(['clickhouse', 'kafka'])
    expect(kafka.image).toBe(kafkaImage.name)
    expect(clickhouse.image).toBe(clickHouseImage.name)
  })

  it('gives Kafka the settings of the native broker', () => {
    expect(kafka.environment).toMatchObject(brokerEnvironment(9092))
  })

  it('lets Kafka reach itself in its container, where the advertised port leads nowhere', () => {
    const env = brokerEnvironment(20_000)
    const addressOf = (listeners?: string) =>
      listeners?.split(',').find((each) => each.startsWith(`${String(env['KAFKA_INTER_BROKER_LISTENER_NAME'])}:`))
    expect(addressOf(env['KAFKA_ADVERTISED_LISTENERS'])).toMatch(/:\/\/127\.0\.0\.1:\d+$/)
    expect(addressOf(env['KAFKA_ADVERTISED_LISTENERS'])).toBe(addressOf(env['KAFKA_LISTENERS']))
  })

  it.each(Object.entries(compose.services))('publishes %s on the loopback interface only', (_name, { ports }) => {
    expect(ports.length).toBeGreaterThan(0)
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
  })

  it.each(Object.entries(compose.services))(
    'keeps the data of %s in a named volume and checks its health',
    (_name, service) => {
      const [volume] = service.volumes[0]!.split(':')
      expect(compose.volumes).toHaveProperty(volume!)
      expect(service.healthcheck.test[0]).toBe('CMD')
    },
  )
})
