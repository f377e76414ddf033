import { RE2JS, RE2JSSyntaxException } from 're2js'

export type Regex =
  { readonly ok: true; readonly test: (text: string) => boolean } | { readonly ok: false; readonly reason: string }

/** A match takes at most the text's length times this many steps. */
const MAX_STEPS = 1_000

/**
 * Compiles a regular expression of RE2's syntax (github.com/google/re2/wiki/Syntax). It is found anywhere in a text; `^`
 * and `$` are the text's ends. JavaScript's own expressions will not do: `(a+)+$` would let a visitor's path stop a
 * partition. This one takes time linear in the text, so it has neither back references nor looking around.
 */
export function compileRegex(source: string, isBlindToCase = false): Regex {
  try {
    const compiled = RE2JS.compile(source, isBlindToCase ? RE2JS.CASE_INSENSITIVE : 0)
    const steps = compiled.programSize()
    if (steps > MAX_STEPS) return { ok: false, reason: `it comes to ${steps} steps, at most ${MAX_STEPS} are allowed` }
    return { ok: true, test: (text) => compiled.test(text) }
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error
    return { ok: false, reason: error.message.replace('error parsing regexp: ', '') }
  }
}
