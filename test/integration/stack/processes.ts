import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The environment without the servers that the test run itself was given, and without Docker: these tests look at processes. */
export function nativeEnvironment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    KAFKA_BROKERS: undefined,
    CLICKHOUSE_URL: undefined,
    CLICKHOUSE_USER: undefined,
    CLICKHOUSE_PASSWORD: undefined,
    CAIRN_STACK: 'native',
  }
}

/** Where the next run, too, looks for what an interrupted one left running. */
export function temporaryDataDir(): string {
  return mkdtempSync(resolve(import.meta.dirname, '..', '..', '..', '.cairn', 'test', 'server-'))
}

/** Whether a process runs; one that has ended and waits to be collected by its parent does not. */
export function runs(pid: number): boolean {
  const stat = `/proc/${pid}/stat`
  if (existsSync('/proc/self/stat')) return existsSync(stat) && !/\) [ZX] /.test(readFileSync(stat, 'utf8'))
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Starts `parent.js`; answers it and the process id of the server it started. */
export async function startParent(...args: readonly string[]): Promise<{ parent: ChildProcess; serverPid: number }> {
  const program = join(import.meta.dirname, 'parent.js')
  const parent = spawn(process.execPath, [program, ...args], {
    env: nativeEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await Promise.race([once(parent.stdout, 'data'), rejectOnExit(parent)])) as [Buffer]
  return { parent, serverPid: (JSON.parse(line.toString('utf8')) as { pid: number }).pid }
}

async function rejectOnExit(parent: ChildProcess): Promise<never> {
  const [code] = (await once(parent, 'exit')) as [number | null]
  throw new Error(`the parent ended with exit code ${String(code)} before its server was ready`)
}
