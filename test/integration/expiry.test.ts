import { join } from 'node:path'
import { afterEach, expect, it, jest } from '@jest/globals'
import type { StorefrontEvent } from '@cairn/domain'
import {
  createVisitorCodec,
  openStateDisk,
  readCatalog,
  readLog,
  silentLogger,
  topicName,
  Turns,
  visitorLayout,
} from '@cairn/runtime'
import { buildEvent } from '@cairn/testkit/domain'
import { brokers } from '../support/kafka.ts'
import { redeploy } from '../support/redeploy.ts'
import { stateFolder } from '../support/state-folder.ts'
import { startTraffic } from '../support/traffic.ts'
import { until } from '../support/until.ts'
import { endProcesses, startProcess } from '../support/workers.ts'

jest.setTimeout(120_000)
afterEach(endProcesses)

const codec = createVisitorCodec(readCatalog())
const connection = { brokers: brokers(), clientId: 'expiry', log: silentLogger }
const began = Date.now()
const day = 86_400_000

/** Of the site of that name, at one time unless said otherwise. */
function seen(site: string, visitor_id: string, event_time = began): StorefrontEvent {
  return buildEvent({ event_id: visitor_id, site, visitor_id, event_time, name: 'page_view', path: '/' })
}

/** All that a visitor is remembered for is over within 11 seconds of append time, and not before a worker has stopped. */
const forgetful = {
  session: { gap: '1s', grace: '3s', max_duration: '1s' },
  attribution: { lookback: '3s' },
}

it('a visitor is forgotten on the state topic and on the disk by append time, also where events tell the time', async () => {
  const traffic = await startTraffic('expiry', 1, 1)
  const { namespace } = traffic
  await redeploy(namespace, { time_source: 'event', sites: { forgetful } })
  const disk = join(stateFolder, namespace)
  const settings = { KAFKA_BROKERS: brokers().join(','), CAIRN_NAMESPACE: namespace, CAIRN_PARTITIONS: '1' }
  const start = () => startProcess('attribution', { ...settings, STATE_DIR: disk, CHECKPOINT_MS: '200' })
  const first = start()
  await traffic.drain()
  await traffic.sendThese([seen('forgetful', 'goes'), seen('shop', 'stays')])
  await traffic.drain()
  await first.stop()
  expect((await states(namespace)).get('forgetful:goes')).toBeInstanceOf(Buffer)
  expect(await onDisk(join(disk, `${namespace}.attribution-0`))).toEqual(['forgetful:goes', 'shop:stays'])
  const second = start()
  // The clock of events stands still from here on: it is ticks that have the visitor forgotten.
  const isForgotten = async () => {
    await traffic.drain()
    return (await states(namespace)).get('forgetful:goes') === null
  }
  await until(isForgotten, 60_000)
  expect((await states(namespace)).get('shop:stays')).toBeInstanceOf(Buffer)

  // Here it goes on by more than anybody is remembered for, which closes sessions and no more.
  await traffic.sendThese([seen('shop', 'jumps', began + 400 * day)])
  await traffic.drain()
  await second.stop()
  const stays = (await states(namespace)).get('shop:stays')
  expect(codec.decode(stays as Buffer)).toMatchObject({ seen_at: [expect.any(Number)], sessions: [{ closed: true }] })
  expect(await onDisk(join(disk, `${namespace}.attribution-0`))).toEqual(['shop:jumps', 'shop:stays'])
  await traffic.close()
})

/** The last value of each key of the state topic: null for a visitor that is forgotten. */
async function states(namespace: string): Promise<ReadonlyMap<string, Buffer | null>> {
  const found = new Map<string, Buffer | null>()
  await readLog(connection, topicName(namespace, 'attribution-state'), (_, records) => {
    for (const { key, value } of records) found.set(key, value)
  })
  return found
}

async function onDisk(folder: string): Promise<string[]> {
  const options = { folder, layout: visitorLayout(codec), writes: new Turns() }
  const { disk } = await openStateDisk(options, new AbortController().signal)
  const keys = ['forgetful:goes', 'shop:jumps', 'shop:stays'].filter((key) => disk.get(key) !== undefined)
  expect(disk.size).toBe(keys.length)
  await disk.close()
  return keys
}
