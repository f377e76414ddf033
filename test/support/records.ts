import type { ConversionRow, CreditRow, GoalCounts, Label, SessionRow, StorefrontEvent } from '@cairn/domain'
import { buildEvent } from '@cairn/testkit/domain'

/** Records as the topics carry them, for tests that care about a few of their fields. */

export const noGoals: GoalCounts = {
  goal_names: [],
  goal_currencies: [],
  goal_macro: [],
  goal_converted: [],
  goal_counts: [],
  goal_values: [],
}

export function uuid(n: number): string {
  return `0190a000-0000-8000-8000-${n.toString(16).padStart(12, '0')}`
}

export function event(over: Partial<StorefrontEvent> = {}): StorefrontEvent {
  const at = Date.UTC(2026, 4, 17, 12)
  return buildEvent({
    received_at: at,
    event_time: at,
    ip: '192.0.2.0',
    event_id: 'e-1',
    visitor_id: 'v-1',
    name: 'view_item',
    source_name: 'Product Viewed',
    url: 'https://shop.example/p/1',
    host: 'shop.example',
    path: '/p/1',
    title: 'One',
    user_agent: 'test',
    device: 'desktop',
    locale: 'en',
    consent: { analytics: 'granted' },
    properties: { sku: '1' },
    ...over,
  })
}

export function label(over: Partial<Label> = {}): Label {
  return {
    session_id: uuid(1),
    goals: [],
    is_late: false,
    definitions_number: 0,
    appended_at: Date.UTC(2026, 4, 17, 12),
    input_offset: 0,
    ...over,
  }
}

export function session(over: Partial<SessionRow> = {}): SessionRow {
  const at = Date.UTC(2026, 4, 17, 12)
  return {
    session_id: uuid(1),
    version: 1,
    is_deleted: 0,
    site: 'shop',
    visitor_id: 'v-1',
    user_id: '',
    id_time: at,
    started_at: at,
    ended_at: at + 5000,
    events: 1,
    page_views: 1,
    entry_page: '/',
    exit_page: '/',
    referrer: '',
    channel: 'Direct',
    source: '(direct)',
    medium: '(none)',
    campaign: '',
    term: '',
    content: '',
    click_id_name: '',
    click_id: '',
    device: 'desktop',
    country: '',
    is_bot: 0,
    is_new: 1,
    cart_stage: 'none',
    state: 'open',
    end_reason: '',
    merged_into: null,
    moved_offsets: [],
    micro: 0,
    macro: 0,
    ...noGoals,
    definitions_number: 0,
    counted: 1,
    prev_counted: 0,
    prev_started_at: 0,
    prev_channel: '',
    prev_source: '',
    prev_medium: '',
    prev_campaign: '',
    prev_goal_names: [],
    prev_goal_currencies: [],
    prev_goal_macro: [],
    prev_goal_converted: [],
    prev_goal_counts: [],
    prev_goal_values: [],
    ...over,
  }
}

/** The next version of a session: `over` changes it, the row before is what it replaces. */
export function correction(before: SessionRow, version: number, over: Partial<SessionRow>): SessionRow {
  const { started_at, channel, source, medium, campaign } = before
  return {
    ...before,
    version,
    prev_counted: before.counted,
    prev_started_at: started_at,
    prev_channel: channel,
    prev_source: source,
    prev_medium: medium,
    prev_campaign: campaign,
    prev_goal_names: before.goal_names,
    prev_goal_currencies: before.goal_currencies,
    prev_goal_macro: before.goal_macro,
    prev_goal_converted: before.goal_converted,
    prev_goal_counts: before.goal_counts,
    prev_goal_values: before.goal_values,
    ...over,
  }
}

export function conversion(over: Partial<ConversionRow> = {}): ConversionRow {
  return {
    conversion_id: uuid(1),
    version: 1,
    is_deleted: 0,
    reason: 'conversion',
    site: 'shop',
    visitor_id: 'v-1',
    user_id: '',
    session_id: uuid(1),
    goal: 'purchase',
    kind: 'macro',
    class: '',
    event_id: 'e-1',
    event_name: 'purchase',
    event_time: Date.UTC(2026, 4, 17, 12),
    value_minor: null,
    currency: '',
    order_id: '',
    order_status: '',
    refunded_minor: 0,
    is_order_value: false,
    coupon: '',
    promotion: '',
    channel: 'Direct',
    source: '(direct)',
    medium: '(none)',
    campaign: '',
    is_bot: 0,
    definitions_number: 0,
    ...over,
  }
}

/** The credit of a purchase of EUR 10.01 that came by three sessions. */
export function credit(over: Partial<CreditRow> = {}): CreditRow {
  const at = Date.UTC(2026, 4, 17, 12)
  return {
    conversion_id: uuid(30),
    version: 1,
    is_deleted: 0,
    site: 'shop',
    visitor_id: 'v-1',
    user_id: '',
    session_id: uuid(3),
    goal: 'purchase',
    event_time: at,
    value_minor: 1001,
    currency: 'EUR',
    is_bot: 0,
    reason: 'conversion',
    touch_session_ids: [uuid(1), uuid(2), uuid(3)],
    touch_started_at: [at - 3_000, at - 2_000, at - 1_000],
    touch_channels: ['Paid Search', 'Email', 'Direct'],
    touch_sources: ['google', 'letter', '(direct)'],
    touch_mediums: ['cpc', 'email', '(none)'],
    touch_campaigns: ['spring', '', ''],
    touches_omitted: 0,
    models: ['first_touch', 'linear'],
    credits: [
      [1_000_000, 0, 0],
      [333_334, 333_333, 333_333],
    ],
    values_minor: [
      [1001, 0, 0],
      [334, 334, 333],
    ],
    assist_conversion_ids: [uuid(40)],
    assist_goals: ['newsletter'],
    assist_times: [at - 2_500],
    assists_omitted: 0,
    definitions_number: 1,
    ...over,
  }
}
