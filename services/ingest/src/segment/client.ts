import { cutAddress } from '@cairn/domain'
import { agentOf, isVisitorsAgent, relayedAgentOf, type Agent } from './agent.ts'
import type { Arrival } from './arrival.ts'
import { objectOf, textOf, type JsonObject } from './json.ts'
import { remembering } from './remembering.ts'

/** The visitor's machine, as far as the message or its request tells. */
export interface Client {
  readonly userAgent: string
  readonly agent: Agent
  /** Cut to its network. */
  readonly ip: string
  /** ISO 3166-1 alpha-2 or empty. */
  readonly country: string
}

/**
 * What the message says comes first; what it leaves open is taken from the request, unless a server sent it: a server's
 * own address, country and user agent say nothing of the visitor.
 */
export function clientOf(context: JsonObject, arrival: Arrival, isServer: boolean): Client {
  const userAgent = textOf(context['userAgent']) || (isServer ? '' : visitorsAgent(arrival.userAgent))
  const ip = textOf(context['ip']) || (isServer ? '' : arrival.address)
  const country = textOf(objectOf(context['location'])['country']) || (isServer ? '' : arrival.country)
  const agent = isServer ? relayedAgentOf(userAgent) : agentOf(userAgent)
  return { userAgent, agent, ip: networkOf(ip), country: countryCode(country) }
}

const networkOf = remembering(cutAddress)

function visitorsAgent(userAgent: string): string {
  return isVisitorsAgent(userAgent) ? userAgent : ''
}

/** Proxies send XX for a country they don't know. */
function countryCode(sent: string): string {
  return /^[A-Za-z]{2}$/.test(sent) && sent.toUpperCase() !== 'XX' ? sent.toUpperCase() : ''
}
