import { z } from 'zod'

/** One setting of a service, as its configuration describes it. */
export type Setting = z.core.$ZodType

/** What a setting takes, for the reference, the help and a refusal. */
export function acceptedBy(setting: Setting): string {
  const { type, enum: choices, minimum, maximum, format } = jsonSchemaOf(setting)
  if (choices !== undefined) return choices.join(', ')
  if (type !== 'integer') return format === 'uri' ? 'URL' : 'text'
  // Without a bound of its own a whole number has the largest that is exact.
  const isOpen = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER
  return isOpen ? `whole number from ${String(minimum)}` : `whole number from ${String(minimum)} to ${maximum}`
}

/** Its default as text, empty where it stays absent; `required` where it must be given. */
export function defaultOf(setting: Setting): string {
  const absent = z.safeParse(setting, undefined)
  if (!absent.success) return 'required'
  const { data } = absent
  if (data === undefined) return ''
  return typeof data === 'string' ? data : JSON.stringify(data)
}

/** The sentence that refuses a value: what was given, and what would be accepted. */
export function refusalOf(setting: Setting, given: string | undefined, issue: z.core.$ZodIssue): string {
  if (given === undefined) return `is missing; ${lowerFirst(meaningOf(setting))}`
  const quoted = `"${withoutPassword(given)}"`
  if (issue.message.startsWith('must ')) return `${quoted} ${issue.message}`
  if (issue.code === 'custom') return issue.message
  const accepted = acceptedBy(setting)
  if (accepted.startsWith('whole number')) return `${quoted} must be a ${accepted}`
  return accepted === 'URL' ? `${quoted} must be a URL` : `${quoted} must be one of ${accepted}`
}

/** Its `.describe()`. */
export function meaningOf(setting: Setting): string {
  return jsonSchemaOf(setting).description ?? ''
}

interface SettingSchema {
  readonly description?: string
  readonly type?: unknown
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly format?: string
}

function jsonSchemaOf(setting: Setting): SettingSchema {
  return z.toJSONSchema(setting, { io: 'input', unrepresentable: 'any' }) as SettingSchema
}

/** What is refused is written to a log. */
function withoutPassword(text: string): string {
  return text.replace(/\/\/[^@/]*@/, '//…@')
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) && !/^(?:Kafka|ClickHouse)\b/.test(text)
    ? text.charAt(0).toLowerCase() + text.slice(1)
    : text
}
