import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CommandFailure, dataOption, exitCode, text, type Command, type Io, type Values } from '../command.ts'
import { findInstance, type Instance } from '../instance/instance.ts'
import { readMessages } from '../send/messages.ts'
import { progressOn } from '../send/progress.ts'
import { sendAll, type Sent } from '../send/send.ts'
import { whyUnreadable } from '../system-error.ts'

export const send: Command = {
  name: 'send',
  operands: 'FILE|-',
  summary: 'Sends Segment messages, one JSON object a line, to ingest.',
  options: {
    ...dataOption,
    url: { type: 'string', placeholder: 'URL', help: 'ingest to send to (default: the running instance)' },
    'write-key': {
      type: 'string',
      placeholder: 'KEY',
      help: 'write key of the site (default: dev, or the only one of the running instance)',
    },
  },
  async run(values, operands, io) {
    const [file, ...more] = operands
    if (file === undefined || more.length > 0)
      throw new CommandFailure(exitCode.usage, 'takes one file of messages, or - for standard input')
    const { url, writeKey } = destination(values, io)
    const source =
      file === '-' ? { content: read('standard input', io.stdin) } : await openMessages(resolve(io.cwd, file))
    const progress = progressOn(io, source.size)
    const sent = await sendAll(readMessages(progress.watch(source.content)), {
      url,
      writeKey,
      progress: (answered) => progress.answered(answered),
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
  if (url !== undefined) return { url, writeKey: named ?? usualKey }
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

const shownRefusals = 20

function report({ accepted, refused, stopped }: Sent): string {
  const lines = refused.slice(0, shownRefusals).map((r) => `  line ${r.line}: ${r.reason}: ${r.message}`)
  if (refused.length > shownRefusals) lines.push(`  and ${refused.length - shownRefusals} more`)
  const rest =
    stopped === undefined
      ? []
      : [`stopped at line ${stopped.line}: ${stopped.why}`, 'Send all of it again: what was accepted is recognised.']
  return [`accepted ${accepted}, refused ${refused.length}`, ...lines, ...rest, ''].join('\n')
}
