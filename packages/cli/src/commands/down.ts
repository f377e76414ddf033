import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { endLeftovers, isAlive, ownerOf, type ProcessIdentity } from '@cairn/stack'
import { CommandFailure, dataOption, exitCode, whole, type Command, type Io } from '../command.ts'
import { dataDirectory } from '../instance/instance.ts'

const pollMs = 50
/** All that stopping waits for before it kills, and some more. */
const defaultTimeoutS = 300

export const down: Command = {
  name: 'down',
  operands: '',
  summary: 'Stops a running instance, or what a killed one has left running, and waits for it; data stays.',
  options: {
    ...dataOption,
    timeout: { type: 'string', placeholder: 'S', default: String(defaultTimeoutS), help: 'seconds to wait at most' },
  },
  async run(values, _, io) {
    const seconds = whole(values, 'timeout', 1) ?? defaultTimeoutS
    const dataDir = dataDirectory(values, io)
    if (!existsSync(dataDir))
      throw new CommandFailure(exitCode.unavailable, `${dataDir} is not there; name the directory with --data`)
    const owner = ownerOf(dataDir)
    if (owner !== undefined) await stop(owner, seconds, io)
    const left = await endLeftovers(dataDir)
    if (!left.ok) throw new CommandFailure(exitCode.unavailable, left.message)
    const processes = left.ended === 1 ? '1 process' : `${left.ended} processes`
    if (left.ended > 0) io.out(`ended what a killed instance had left running on ${dataDir}: ${processes}\n`)
    else io.out(owner === undefined ? `nothing runs on ${dataDir}\n` : `stopped; the data stays in ${dataDir}\n`)
    return exitCode.ok
  },
}

async function stop(owner: ProcessIdentity, seconds: number, io: Io): Promise<void> {
  io.err(`stopping process ${owner.pid}\n`)
  signal(owner)
  const deadline = performance.now() + seconds * 1000
  while (isAlive(owner)) {
    io.interrupted.throwIfAborted()
    if (performance.now() > deadline)
      throw new CommandFailure(exitCode.no, `process ${owner.pid} is still stopping after ${seconds} s`)
    await delay(pollMs)
  }
}

function signal({ pid }: ProcessIdentity): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Gone by itself meanwhile.
    if (code === 'ESRCH') return
    throw new CommandFailure(
      exitCode.unavailable,
      `process ${pid} cannot be stopped: ${String(code)}; it is another user's`,
    )
  }
}
