import type { Admin } from 'kafkajs'
import { connect, type KafkaConnection } from './client.ts'
import type { Owned } from './owned.ts'

const observeEveryMs = 1000
/** What is read tells where the log ends; asking is for where nothing is read. */
const askEveryMs = 5000

/** Observes the lag of all held partitions by a timer, because it matters most when no loop goes round. */
export async function observeLag(
  connection: KafkaConnection,
  owned: ReadonlyMap<number, Owned>,
): Promise<{ stop(): Promise<void> }> {
  const admin = connect(connection).admin()
  await admin.connect()
  let asking: Promise<void> | undefined
  const ask = () => {
    asking ??= askEnds(admin, owned).finally(() => (asking = undefined))
  }
  const timers = [
    setInterval(() => owned.forEach((one) => one.observe(Date.now())), observeEveryMs),
    setInterval(ask, askEveryMs),
  ]
  return {
    async stop() {
      timers.forEach(clearInterval)
      await asking
      await admin.disconnect()
    },
  }
}

async function askEnds(admin: Admin, owned: ReadonlyMap<number, Owned>): Promise<void> {
  const topics = new Set([...owned.values()].flatMap((one) => one.followed()))
  for (const topic of topics) {
    // A broker that does not answer leaves what was seen before, and the age goes on growing.
    const ends = await admin.fetchTopicOffsets(topic).catch(() => [])
    for (const { partition, high } of ends) owned.get(partition)?.sawEnd(topic, Number(high))
  }
}
