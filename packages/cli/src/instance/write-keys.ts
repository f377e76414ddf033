import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommandFailure, exitCode } from '../command.ts'

/** Site by write key, with `:server` behind it for the key of a back end. */
export type WriteKeys = Readonly<Record<string, string>>

/** What new data takes. */
const firstKeys: WriteKeys = { dev: 'dev' }

/**
 * The keys that a data directory takes from now on: what was given, else what was given last. A shop goes on sending
 * with its keys after a start that did not name them.
 *
 * @throws CommandFailure where what was given last cannot be read
 */
export function keepWriteKeys(dataDir: string, given: WriteKeys | undefined): WriteKeys {
  const file = join(dataDir, 'write-keys.json')
  if (given === undefined) return existsSync(file) ? read(file) : firstKeys
  writeFileSync(file, `${JSON.stringify(given, null, 2)}\n`, { mode: 0o600 })
  return given
}

function read(file: string): WriteKeys {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as WriteKeys
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new CommandFailure(exitCode.usage, `${file} does not say which write keys to take: name them with --sites`)
  }
}
