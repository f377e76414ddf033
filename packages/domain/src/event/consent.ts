/** What the visitor agreed to when the event happened. */
export interface Consent {
  /** Category → `granted`, `denied`, or the text as sent. */
  readonly categories: Readonly<Record<string, string>>
  /** Whether visitor, user, click ids and address may be kept. */
  readonly analytics: boolean
}

/**
 * Names that consent tools give the category which covers measuring a visit, in lower case: Segment's own examples and
 * GA4's consent mode, Cookiebot and Usercentrics, OneTrust's id.
 */
const analyticsCategories: ReadonlySet<string> = new Set(['analytics', 'analytics_storage', 'statistics', 'c0002'])

const unasked: Consent = { categories: {}, analytics: true }

/**
 * Reads `context.consent`: Segment's `categoryPreferences` (`{"Analytics": false}`) and GA4's consent mode
 * (`{"analytics_storage": "denied"}`). A message without it says nothing of consent and is kept whole; a signal that
 * can't be understood counts as refusal, because keeping an identity by mistake can't be undone.
 */
export function consentOf(sent: unknown): Consent {
  if (sent === undefined || sent === null) return unasked
  if (typeof sent !== 'object' || Array.isArray(sent)) return { categories: {}, analytics: false }
  const { categoryPreferences, ...flat } = sent as Readonly<Record<string, unknown>>
  const preferences = preferencesOf(categoryPreferences)
  if (preferences === undefined) return { categories: {}, analytics: false }
  const categories: Record<string, string> = Object.create(null) as Record<string, string>
  let analytics = true
  for (const [category, value] of [...Object.entries(flat), ...Object.entries(preferences)]) {
    const state = stateOf(value)
    if (analyticsCategories.has(category.toLowerCase()) && state !== 'granted') analytics = false
    if (state !== undefined) categories[category] = state
  }
  return { categories, analytics }
}

function preferencesOf(sent: unknown): object | undefined {
  if (sent === undefined || sent === null) return {}
  return typeof sent === 'object' && !Array.isArray(sent) ? sent : undefined
}

/** Undefined for nested values: of an analytics category no answer that is understood, of others settings of the tool. */
function stateOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'boolean':
      return value ? 'granted' : 'denied'
    case 'string':
      return spelled(value)
    case 'number':
      return String(value)
    default:
      return value === null ? 'denied' : undefined
  }
}

function spelled(value: string): string {
  const state = value.toLowerCase()
  if (state === 'true') return 'granted'
  return state === 'granted' || state === 'denied' ? state : value
}
