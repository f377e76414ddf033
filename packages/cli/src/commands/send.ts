import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CommandFailure, dataOption, exitCode, text, whole, type Command, type Io, type Values } from '../command.ts'
import { findInstance, type Instance } from '../instance/instance.ts'
import { readMessages } from '../send/messages.ts'
import { progressOn } from '../send/progress.ts'
import { sendAll, type Refusal, type Sent, type Stopped } from '../send/send.ts'
import { whyUnreadable } from '../system-error.ts'

export const send: Command = {
  name: 'send',
  operands: 'FILE|-',
  summary: 'Sends Segment messages, one JSON object or batch a line, to ingest.',
  options: {
    ...dataOption,
    url: { type: 'string', placeholder: 'URL', help: 'ingest to send to (default: the running instance)' },
    'write-key': {
      type: 'string',
      placeholder: 'KEY',
      help: 'write key of the site (default: dev, or the only one of the running instance)',
    },
    timeout: {
      type: 'string',
      placeholder: 'S',
      default: '120',
      help: 'seconds to go on trying where there is no answer',
    },
  },
  async run(values, operands, io) {
    const [file, ...more] = operands
    if (file === undefined || more.length > 0)
      throw new CommandFailure(exitCode.usage, 'takes one file of messages, or - for standard input')
    const seconds = whole(values, 'timeout', 1)
    const { url, writeKey } = destination(values, io)
    const source =
      file === '-' ? { content: read('standard input', io.stdin) } : await openMessages(resolve(io.cwd, file))
    const progress = progressOn(io, source.size)
    const sent = await sendAll(readMessages(progress.watch(source.content)), {
      url,
      writeKey,
      ...(seconds === undefined ? {} : { patienceMs: seconds * 1000 }),
      progress: (answered) => progress.answered(answered),
      waiting: once((why) => io.err(`cairn send: ${why}; trying again\n`)),
      interrupted: io.interrupted,
    })
    progress.end()
    io.out(report(sent))
    return sent.refused.length === 0 && sent.stopped === undefined ? exitCode.ok : exitCode.no
  },
}

const usualKey = 'dev'

/** Where to send, and the key to send with. */
function destination(values: Values, io: Io): { readonly url: string; readonly writeKey: string } {
  const [url, named] = [text(values, 'url'), text(values, 'write-key')]
  if (url !== undefined) {
    if (!/^https?:\/\//.test(url) || !URL.canParse(url))
      throw new CommandFailure(exitCode.usage, `--url must be an address such as http://127.0.0.1:8080, not "${url}"`)
    return { url, writeKey: named ?? usualKey }
  }
  const { ingest, writeKeys } = findInstance(values, io)
  return { url: ingest, writeKey: named ?? defaultKey(writeKeys) }
}

/** The key that is meant where none is named: guessing between several would put events into the wrong shop. */
export function defaultKey(writeKeys: Instance['writeKeys']): string {
  const keys = Object.keys(writeKeys)
  const [only, ...others] = keys
  if (keys.includes(usualKey)) return usualKey
  if (only !== undefined && others.length === 0) return only
  const shown = Object.entries(writeKeys).map(([key, site]) => `${key} for site ${site}`)
  throw new CommandFailure(exitCode.usage, `name the write key with --write-key; the instance has ${shown.join(', ')}`)
}

async function openMessages(path: string): Promise<{ content: AsyncIterable<Uint8Array>; size?: number }> {
  try {
    const file = await open(path)
    const { size } = await file.stat()
    return { content: read(path, file.createReadStream()), size }
  } catch (error) {
    throw new CommandFailure(exitCode.usage, whyUnreadable(path, error))
  }
}

/** A directory, for one, can be opened and then not be read. */
async function* read(path: string, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* content
  } catch (error) {
    throw new CommandFailure(exitCode.usage, whyUnreadable(path, error))
  }
}

/** Says each thing once, however many batches it holds up. */
function once(say: (text: string) => void): (text: string) => void {
  const said = new Set<string>()
  return (text) => {
    if (!said.has(text)) say(text)
    said.add(text)
  }
}

const shownRefusals = 20

const wayOut: Readonly<Record<Stopped['reason'], string>> = {
  unavailable: 'Send all of it again once that works: what was accepted is recognised.',
  rejected: 'Mend that and send all of it again: what was accepted is recognised.',
  interrupted: 'Send all of it again: what was accepted is recognised.',
}

/** What became of the messages, for a person. */
export function report({ accepted, refused, stopped }: Sent): string {
  const lines = refused.slice(0, shownRefusals).map((r) => `  ${placeText(r)}: ${r.reason}: ${r.message}`)
  if (refused.length > shownRefusals) lines.push(`  and ${refused.length - shownRefusals} more`)
  const rest = stopped === undefined ? [] : [`stopped at line ${stopped.line}: ${stopped.why}`, wayOut[stopped.reason]]
  return [`accepted ${accepted}, refused ${refused.length}`, ...lines, ...rest, ''].join('\n')
}

function placeText({ line, index }: Refusal): string {
  return index === undefined ? `line ${line}` : `line ${line}, index ${index} of its batch`
}
