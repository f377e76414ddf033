import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { repositoryDir, type ServerPaths } from '../paths.ts'
import type { ServerSignal } from '../process/child.ts'
import type { ServerSpec } from '../process/supervise.ts'
import { refuse, type Refused } from '../refusal.ts'
import type { ServerName } from '../server.ts'
import { docker } from './command.ts'
import { haveImage } from './images.ts'

type Environment = Readonly<Record<string, string | undefined>>

const composeFile = join(repositoryDir, 'docker-compose.yml')

/** Says, as the end of a sentence, why Docker cannot run a server; undefined when it can, its image being here by then. */
export async function dockerObstacle(
  server: ServerName,
  env: Environment,
  progress?: (line: string) => void,
): Promise<string | undefined> {
  if (!(await docker(['info'], env)).ok) return 'no Docker engine answers'
  const images = await docker(['compose', '--file', composeFile, 'config', '--images', server], env)
  if (!images.ok) return 'this Docker client has no compose plugin'
  const image = images.stdout.trim()
  return (await haveImage(image, env, progress)) ? undefined : `image ${image} is neither here nor can it be pulled`
}

/**
 * Prepares a service of docker-compose.yml for one data directory: a compose project, and so volumes, of its own. The child
 * process is an attached `docker compose up`, which carries the container's output and ends with it.
 */
export function composeService(
  name: ServerName,
  paths: ServerPaths,
  environment: Environment,
  ready: () => Promise<boolean>,
): ServerSpec {
  const project = compose(paths)
  return {
    name,
    child: {
      command: 'docker',
      args: [...project, 'up', '--no-deps', '--no-log-prefix', '--no-color', name],
      env: environment,
      logFile: paths.log,
    },
    async signal(signal: ServerSignal) {
      // `stop` waits for the service's grace period; a signal alone would leave `up` to interpret the exit.
      const args = signal === 'SIGTERM' ? ['stop', name] : ['kill', '--signal', signal, name]
      await docker([...project, ...args], environment)
    },
    ready,
    startTimeoutMs: 120_000,
    stopTimeoutMs: 40_000,
  }
}

/** Removes a container that outlived the process attached to it; its volume stays. */
export async function removeContainer(name: ServerName, paths: ServerPaths, env: Environment): Promise<void> {
  await docker([...compose(paths), 'rm', '--stop', '--force', name], env)
}

/** Removes what a data directory has in Docker: container, network and, with it, the data. */
export async function discardCompose(paths: ServerPaths, env: Environment): Promise<{ readonly ok: true } | Refused> {
  const down = await docker([...compose(paths), 'down', '--volumes'], env)
  return down.ok
    ? { ok: true }
    : refuse(
        'prerequisite-missing',
        `The data of ${paths.dir} is in a Docker volume and Docker says: ${down.stderr.trim()}`,
      )
}

function compose(paths: ServerPaths): readonly string[] {
  const project = `cairn-${createHash('sha256').update(paths.dir).digest('hex').slice(0, 12)}`
  return ['compose', '--file', composeFile, '--project-name', project]
}
