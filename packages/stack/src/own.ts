import { mkdirSync, writeFileSync } from 'node:fs'
import { chooseKind } from './docker/choose.ts'
import { removeContainer } from './docker/compose.ts'
import { serverPaths, type ServerPaths } from './paths.ts'
import { fixedPorts, rememberedPorts } from './ports.ts'
import type { Lock } from './process/lock.ts'
import { takeDirectory } from './take-directory.ts'
import { superviseServer, type ServerSpec } from './process/supervise.ts'
import type { Refused } from './refusal.ts'
import type { ManagedServer, ServerName, StackOptions } from './server.ts'

/** How one of the servers is run here, once its ports are known. */
export interface ServerPlan {
  readonly name: ServerName
  readonly portCount: number
  /** Of its first port from the port base. */
  readonly portOffset: number
  native(
    paths: ServerPaths,
    ports: readonly number[],
  ): Promise<{ readonly ok: true; readonly spec: ServerSpec } | Refused>
  docker(paths: ServerPaths, ports: readonly number[]): ServerSpec
}

export interface Owned {
  readonly ok: true
  readonly kind: 'docker' | 'native'
  readonly port: number
  readonly server: ManagedServer
}

/** Starts a server of a data directory as its only owner. Returns when it answers. */
export async function startOwned(plan: ServerPlan, options: StackOptions): Promise<Owned | Refused> {
  const paths = serverPaths(options.dataDir, plan.name)
  return asOwner(paths, async (lock) => {
    if (lock.orphans.length > 0) options.progress?.(`ended the ${plan.name} that a killed run had left running`)
    const chosen = await chooseKind(plan.name, paths, options.env, options.progress)
    if (!chosen.ok) return chosen
    if (chosen.kind === 'docker') await removeContainer(plan.name, paths, options.env)
    const found =
      options.portBase === undefined
        ? await rememberedPorts(paths.ports, plan.portCount)
        : await fixedPorts(options.portBase + plan.portOffset, plan.portCount)
    if (!found.ok) return found
    const prepared = await prepare(plan, chosen.kind, paths, found.ports)
    if (!prepared.ok) return prepared
    const started = await superviseServer(prepared.spec, lock, options)
    if (!started.ok) return started
    return { ok: true, kind: chosen.kind, port: found.ports[0] as number, server: started.server }
  })
}

/**
 * Runs `start` as the only owner of a server's directory. The lock stays with what was started; a start that fails gives
 * it back.
 */
export async function asOwner<Started extends { readonly ok: true }>(
  paths: ServerPaths,
  start: (lock: Lock) => Promise<Started | Refused>,
): Promise<Started | Refused> {
  const taken = await takeDirectory(paths.dir)
  if (!taken.ok) return taken
  let started: Started | Refused | undefined
  try {
    started = await start(taken.lock)
    return started
  } finally {
    if (started?.ok !== true) taken.lock.release()
  }
}

async function prepare(plan: ServerPlan, kind: 'docker' | 'native', paths: ServerPaths, ports: readonly number[]) {
  if (kind === 'native') return plan.native(paths, ports)
  mkdirSync(paths.dir, { recursive: true })
  writeFileSync(paths.volumeMark, '')
  return { ok: true as const, spec: plan.docker(paths, ports) }
}
