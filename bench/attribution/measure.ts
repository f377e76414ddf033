import { storefrontTraffic } from '../fixture/traffic.ts'
import type { Bench } from '../environment.ts'
import { compare, progress, type Sample, type Side } from '../report.ts'
import { buildKafkaStreams, openKafkaStreams, peerInputs } from './kafka-streams.ts'
import { openAttribution } from './ours.ts'

const mebibyte = 1024 * 1024

/**
 * Events per second from the first read of a topic that is already there to the last committed output, exactly once and
 * with every output, beside Kafka Streams, of a shop's week with logins, late events, orders that its server reports and
 * refunds, and goals of several events. The peer is measured twice: given the same events whole, and nothing of them but what
 * it reads. Each side first tries its degrees of parallelism on the whole topic, which also warms the page cache, and is then
 * measured at its best.
 */
export async function attribution(bench: Bench): Promise<void> {
  const traffic = storefrontTraffic(bench.options.events, bench.options.visitors)
  // As much as the peer takes: with the default of 256 MiB a worker alone reads most of these visitors from its disk, and
  // with that of changed states it writes them more often than every 30 s.
  const settings = { STATE_CACHE_BYTES: String(1024 * mebibyte), CHECKPOINT_BYTES: String(320 * mebibyte) }
  const ours = await openAttribution(bench, 'bench-attribution', traffic, settings)
  const opened = []
  try {
    const own = await best([1, 2], (workers) => ({ name: `${workers} workers`, run: () => ours.run(workers) }))
    const peers: Side[] = []
    const classes = buildKafkaStreams()
    for (const given of peerInputs) {
      if (classes === undefined) break
      const peer = await openKafkaStreams(bench, traffic, given, classes)
      opened.push(peer)
      const named = (threads: number) => `Kafka Streams, ${threads} threads, events ${given}`
      peers.push(await best([1, 2, 4], (threads) => ({ name: named(threads), run: () => peer.run(threads) })))
    }
    await compare({ measure: 'attribution', unit: 'events/s', runs: bench.options.runs, ours: own, peers })
  } finally {
    await ours.close()
    for (const peer of opened) await peer.close()
  }
}

async function best(degrees: readonly number[], sideOf: (degree: number) => Side): Promise<Side> {
  const tried: { side: Side; sample: Sample }[] = []
  // Twice each: on a shared machine one run alone may come at a bad moment and choose the wrong degree.
  for (const degree of [...degrees, ...degrees]) {
    const side = sideOf(degree)
    const sample = await side.run()
    progress(`attribution trial: ${side.name} ${Math.round(sample.value)} events/s ${JSON.stringify(sample.cpu)}`)
    tried.push({ side, sample })
  }
  return tried.reduce((a, b) => (b.sample.value > a.sample.value ? b : a)).side
}
