import type { StorefrontEvent } from '@cairn/domain'

/** How a visitor came; the channel follows from it where no rule says otherwise. */
export interface OracleOrigin {
  readonly source: string
  readonly medium: string
  readonly campaign: string
}

/** The default channels of the few origins that the generated events have. */
export const channelOfMedium: ReadonlyMap<string, string> = new Map([
  ['email', 'Email'],
  ['cpc', 'Paid Search'],
  ['social', 'Organic Social'],
  ['organic', 'Organic Search'],
  ['referral', 'Referral'],
  ['(none)', 'Direct'],
])

export const direct: OracleOrigin = { source: '(direct)', medium: '(none)', campaign: '' }

/** The origin an event tells, of the few that the generated events have; undefined for none. */
export function toldBy(event: StorefrontEvent): OracleOrigin | undefined {
  const { source, medium, campaign, click_id_name, referrer_host } = event
  if (source + medium + campaign !== '') return { source, medium, campaign }
  if (click_id_name === 'gclid') return { source: 'google', medium: 'cpc', campaign: '' }
  if (click_id_name === 'fbclid') return { source: 'facebook', medium: 'social', campaign: '' }
  if (referrer_host === 'www.google.com') return { source: 'google', medium: 'organic', campaign: '' }
  return referrer_host === '' ? undefined : { source: referrer_host, medium: 'referral', campaign: '' }
}

/** The campaign an event carries, of the few that the generated events have. */
export function campaignOf({ source, medium, campaign, click_id_name }: StorefrontEvent): string | undefined {
  if (source + medium + campaign !== '') return [source, medium, campaign].join(' ')
  return click_id_name === 'gclid' ? 'google cpc ' : undefined
}
