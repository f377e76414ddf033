import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { eventKey, type StorefrontEvent } from '@cairn/domain'
import type { Outgoing } from '@cairn/runtime'
import type { Bench } from '../environment.ts'
import type { Traffic } from '../fixture/traffic.ts'
import { createTopic, deleteTopics, preload } from '../log.ts'
import { benchFolder, repository, startProcess, type Measured } from '../processes.ts'
import { perEvent, progress, type Sample } from '../report.ts'

export interface KafkaStreams {
  /** Sessionizes the whole topic from nothing with this many threads, exactly once; events per second. */
  run(threads: number): Promise<Sample>
  close(): Promise<void>
}

/**
 * What the peer is given of each event: all of it, as we are, or nothing but the five fields that it reads. The second is
 * the least it can be given, and what nobody's topic holds.
 */
export const peerInputs = ['whole', 'five-fields'] as const
export type PeerInput = (typeof peerInputs)[number]

const output = 'bench-peer-sessions'

/** @param classes the class path of the peer */
export async function openKafkaStreams(
  { connection, serverPeaks, brokerCpuSeconds }: Bench,
  traffic: Traffic,
  given: PeerInput,
  classes: string,
): Promise<KafkaStreams> {
  const input = `bench-peer-events-${given}`
  const temporary = join(benchFolder, 'kafka-streams-state')
  await createTopic(connection, input)
  progress(`filling ${input}`)
  await preload(connection, input, records(traffic, given))

  return {
    async run(threads) {
      // The application names its topics after itself, peer-<time>.
      await deleteTopics(connection, (topic) => topic === output || topic.startsWith('peer-'))
      await createTopic(connection, output)
      mkdirSync(temporary, { recursive: true })
      const brokerBefore = brokerCpuSeconds()
      const peer = startProcess('kafka-streams', 'java', [
        `-Djava.io.tmpdir=${temporary}`,
        '-cp',
        classes,
        'peer.Sessions',
        connection.brokers.join(','),
        input,
        output,
        String(traffic.length),
        String(threads),
        'exactly_once_v2',
      ])
      await watchUntilExit(peer)
      const cpu = {
        'kafka-streams': perEvent(peer.cpuSeconds(), traffic.length),
        kafka: perEvent(brokerCpuSeconds() - brokerBefore, traffic.length),
      }
      rmSync(temporary, { recursive: true, force: true })
      const told = /committed_ms=(\d+)/.exec(peer.log())
      if (told === null) throw new Error(`the Kafka Streams peer failed:\n${peer.log().slice(-2000)}`)
      const peaks = { 'kafka-streams': peer.peakMb(), ...serverPeaks('kafka') }
      return { value: traffic.length / (Number(told[1]) / 1000), peaks, cpu }
    },
    async close() {
      await deleteTopics(connection, (topic) => topic === input || topic === output || topic.startsWith('peer-'))
    },
  }
}

/**
 * Built in a copy, so that the peer's folder stays as it is. Answers the class path; undefined without its sources, which
 * are `kafka-streams` in the folder CAIRN_PEERS names.
 */
export function buildKafkaStreams(): string | undefined {
  const sources = resolve(repository, process.env['CAIRN_PEERS'] ?? '../shared/peers', 'kafka-streams')
  if (!existsSync(join(sources, 'pom.xml'))) {
    progress(`no Kafka Streams peer in ${sources}: set CAIRN_PEERS to the folder that holds it to compare`)
    return undefined
  }
  const copy = join(benchFolder, 'kafka-streams')
  cpSync(sources, copy, { recursive: true })
  const goals = ['-q', '-B', 'package', 'dependency:copy-dependencies', '-DoutputDirectory=libs']
  const built = spawnSync('mvn', goals, { cwd: copy, stdio: ['ignore', 2, 2] })
  if (built.status !== 0) throw new Error(`mvn could not build the Kafka Streams peer in ${copy}`)
  return `${join(copy, 'target', 'classes')}:${join(copy, 'libs', '*')}`
}

/** The same events under the same keys, with the names the peer reads them by. */
function* records(traffic: Traffic, given: PeerInput): Generator<Outgoing> {
  for (let place = 0; place < traffic.length; place++) {
    const event = traffic.at(place)
    const { visitor_id: visitor, event_time: ts, name, url, value_minor } = event
    const read = { visitor, ts, name, url, v: (value_minor ?? 0) / 100 }
    const value = JSON.stringify(given === 'whole' ? { ...withoutEmpty(event), ...read } : read)
    yield { key: eventKey(event), value: Buffer.from(value) }
  }
}

/** Clients leave out what they have not got. */
function withoutEmpty(event: StorefrontEvent): object {
  return Object.fromEntries(
    Object.entries(event).filter(([, value]) => value !== '' && value !== null && value !== false),
  )
}

/** Notes its memory and processor time for as long as it has any. */
async function watchUntilExit(peer: Measured): Promise<void> {
  const sampling = setInterval(() => {
    peer.peakMb()
    peer.cpuSeconds()
  }, 100)
  await peer.exited
  clearInterval(sampling)
}
