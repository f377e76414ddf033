import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where the workers of this process's tests keep visitor states, each namespace its own; removed with the process. */
export const stateFolder = join(tmpdir(), `cairn-test-state-${process.pid}`)

process.once('exit', () => {
  rmSync(stateFolder, { recursive: true, force: true })
})
