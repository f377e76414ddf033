import type { Check, Path } from '../definitions/check.ts'
import { readComparison, type TextTest } from '../definitions/comparison.ts'
import type { StorefrontEvent } from '../event/event.ts'
import type { ChannelInput } from './channel.ts'

/** A channel the shop declares itself, by what a visitor's origin must be. */
export interface ChannelRule {
  readonly channel: string
  /** Null where the rule does not ask. */
  readonly source: TextTest | null
  readonly medium: TextTest | null
  readonly campaign: TextTest | null
  readonly referrerHost: TextTest | null
  /** Of the name of the click id, such as `gclid`. */
  readonly clickId: TextTest | null
}

const KEYS = ['name', 'match']
const MATCH_KEYS = ['source', 'medium', 'campaign', 'referrer_host', 'click_id']
/** Channels are keys of the roll-up: longer names would be sentences. */
const MAX_NAME = 100

/** Reads a `channels` list; several rules may name one channel. */
export function readChannelRules(check: Check, json: unknown, path: Path): readonly ChannelRule[] {
  if (json === undefined) return []
  return check.list(json, path).map((item, at) => readRule(check, item, [...path, at]))
}

function readRule(check: Check, json: unknown, path: Path): ChannelRule {
  const { name, match } = check.object(json, path, KEYS)
  const at = [...path, 'match']
  const tests = check.object(match, at, MATCH_KEYS)
  if (Object.keys(tests).length === 0) check.add(at, 'an empty rule would match every visit')
  const test = (key: string): TextTest | null =>
    tests[key] === undefined ? null : readComparison(check, tests[key], [...at, key], true)
  const channel = check.text(name, [...path, 'name'])
  if (channel.length > MAX_NAME) check.add([...path, 'name'], `expected at most ${MAX_NAME} characters`)
  return {
    channel,
    source: test('source'),
    medium: test('medium'),
    campaign: test('campaign'),
    referrerHost: test('referrer_host'),
    clickId: test('click_id'),
  }
}

/**
 * The channel of the first rule that an origin meets, undefined when it meets none. Upper and lower case are the same, as
 * in GA4's default channel group.
 *
 * @param resolved source, medium and campaign as the session's row has them
 * @param event the event they are taken from
 */
export function channelByRules(
  rules: readonly ChannelRule[],
  resolved: ChannelInput,
  event: StorefrontEvent,
): string | undefined {
  if (rules.length === 0) return undefined
  const source = comparable(resolved.source)
  const medium = comparable(resolved.medium)
  const campaign = comparable(resolved.campaign)
  for (const rule of rules) {
    if (
      holds(rule.source, source) &&
      holds(rule.medium, medium) &&
      holds(rule.campaign, campaign) &&
      holds(rule.referrerHost, comparable(event.referrer_host)) &&
      holds(rule.clickId, comparable(event.click_id_name))
    )
      return rule.channel
  }
  return undefined
}

function holds(test: TextTest | null, value: string | undefined): boolean {
  return test === null || test(value)
}

function comparable(text: string): string | undefined {
  return text === '' ? undefined : text.toLowerCase()
}
