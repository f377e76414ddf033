import { load, startAttribution, type AttributionConfig } from '@cairn/attribution'
import type { Running } from '@cairn/runtime'
import { brokers } from './kafka.ts'
import { stateFolder } from './state-folder.ts'

/** Attribution in this process, on a namespace of the test's own. */
export async function startWorker(
  namespace: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Running> {
  return startAttribution(configOf(namespace, settings), {
    pid: process.pid,
    kill: (pid, signal) => process.kill(pid, signal),
  })
}

function configOf(namespace: string, settings: Readonly<Record<string, string>>): AttributionConfig {
  const loaded = load({
    KAFKA_BROKERS: brokers().join(','),
    CAIRN_NAMESPACE: namespace,
    LOG_LEVEL: 'error',
    STATE_DIR: stateFolder,
    SESSION_TIMEOUT_MS: '6000',
    ...settings,
  })
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'))
  return loaded.config
}
