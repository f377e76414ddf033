import { describe, expect, it } from '@jest/globals'
import type { Admin } from 'kafkajs'
import { topicKinds } from './topic-names.ts'
import { raiseRecordLimits } from './topic-settings.ts'

/** Topics whose records can outgrow Kafka's default. */
const limited = [
  ...['labelled-events', 'sessions', 'conversions', 'credits'],
  ...['attribution-state', 'order-state', 'dead-letters'],
].map((kind) => `shop.${kind}`)

type Altered = Parameters<Admin['alterConfigs']>[0]['resources']

/** Alters topics of which each has a record limit, one setting of its own, and Kafka's default for all else. */
async function altered(limits: Readonly<Record<string, string>>): Promise<Altered> {
  let asked: Altered = []
  const entry = (configName: string, configValue: string, configSource: number) => ({
    configName,
    configValue,
    configSource,
    isDefault: configSource !== 1,
    isSensitive: false,
    readOnly: false,
    configSynonyms: [],
  })
  await raiseRecordLimits(
    {
      describeConfigs: ({ resources }) =>
        Promise.resolve({
          throttleTime: 0,
          resources: resources.map(({ name, type }) => ({
            errorCode: 0,
            errorMessage: '',
            resourceName: name,
            resourceType: type,
            configEntries: [
              entry('max.message.bytes', limits[name] ?? '1048588', name in limits ? 1 : 5),
              entry('retention.ms', '1000', 1),
              entry('flush.ms', '7', 5),
            ],
          })),
        }),
      alterConfigs: ({ resources }) => {
        asked = resources
        return Promise.resolve()
      },
    },
    'shop',
    topicKinds,
  )
  return asked
}

describe('the record limit of topics that are there', () => {
  it('is raised where it is lower, and what else was set on the topic stays', async () => {
    const configEntries = [
      { name: 'max.message.bytes', value: '4194304' },
      { name: 'retention.ms', value: '1000' },
    ]
    const changes = await altered({ 'shop.dead-letters': '2000000' })
    expect(changes.map(({ name }) => name)).toEqual(limited)
    for (const change of changes) {
      expect(change.configEntries.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual(configEntries)
    }
  })

  it('is left alone where it is high enough', async () => {
    const high = Object.fromEntries(limited.map((name, at) => [name, at === 0 ? '9000000' : '4194304']))
    expect(await altered(high)).toEqual([])
  })
})
