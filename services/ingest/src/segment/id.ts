/**
 * What programs write where there is no id, in lower case: the text of an absent value in JavaScript, Python, Ruby, SQL,
 * of an object, and what tag managers and people put in its place.
 */
const noIds: ReadonlySet<string> = new Set([
  'undefined',
  'null',
  'nan',
  'none',
  'nil',
  'false',
  'true',
  '0',
  '-1',
  '[object object]',
  '(not set)',
  'not set',
  '(none)',
  '(null)',
  '(undefined)',
  'n/a',
  'na',
  'unknown',
  'anonymous',
  'guest',
  'empty',
  '-',
  '--',
  '""',
  "''",
])

const longestNoId = Math.max(...[...noIds].map(({ length }) => length))

/** What a phone gives for its id where its owner does not let it. */
const noUuid = '00000000-0000-0000-0000-000000000000'

/** A template that nobody filled in: `{{ order.id }}`, `${orderId}`, `<%= id %>`, `%%ORDER_ID%%`. */
const template = /^(?:\{\{.*\}\}|\$\{.*\}|<%.*%>|%%.*%%)$/s

/**
 * The id a text holds, without white space around it; empty where it holds none. A text that stands for no id is none: taken
 * as one, it would make a single order, visitor or user of all that were sent so.
 */
export function idIn(text: string): string {
  const id = text.trim()
  if (id.length <= longestNoId && noIds.has(id.toLowerCase())) return ''
  return id === noUuid || template.test(id) ? '' : id
}

/** Whether a text was sent for an id and is none. */
export function isUnusable(text: string): boolean {
  return idIn(text) === '' && text.trim() !== ''
}
