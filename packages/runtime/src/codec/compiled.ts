/**
 * The function or class called `name` in a text of JavaScript that was written for a schema.
 *
 * @param given what the text calls, by name
 */
export function compiled(text: string, name: string, given: Readonly<Record<string, unknown>>): unknown {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is made of schemas of this repository and of nothing that comes in
  const make = new Function(...Object.keys(given), `${text}return ${name}`) as (...values: unknown[]) => unknown
  return make(...Object.values(given))
}
