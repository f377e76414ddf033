import { createCodec, deployDefinitions, deployedDefinitions, readCatalog, silentLogger } from '@cairn/runtime'
import { brokers } from './kafka.ts'

/** Deploys what is in force with some top-level keys replaced; returns the number of the new definitions. */
export async function redeploy(namespace: string, changed: object): Promise<number> {
  const connection = { brokers: brokers(), clientId: 'redeploy', log: silentLogger }
  const deployed = await deployedDefinitions(connection, namespace)
  const json = JSON.stringify({ ...(JSON.parse(deployed?.json ?? '{}') as object), ...changed })
  return deployDefinitions(connection, createCodec(readCatalog()), namespace, json)
}
