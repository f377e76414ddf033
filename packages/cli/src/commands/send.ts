import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CommandFailure, dataOption, exitCode, text, type Command } from '../command.ts'
import { findInstance } from '../instance/instance.ts'
import { readMessages } from '../send/messages.ts'
import { progressOn } from '../send/progress.ts'
import { sendAll, type Sent } from '../send/send.ts'

export const send: Command = {
  name: 'send',
  operands: 'FILE|-',
  summary: 'Sends Segment messages, one JSON object a line, to ingest.',
  options: {
    ...dataOption,
    url: { type: 'string', placeholder: 'URL', help: 'ingest to send to (default: the running instance)' },
    'write-key': { type: 'string', placeholder: 'KEY', default: 'dev', help: 'write key of the site' },
  },
  async run(values, operands, io) {
    const [file, ...more] = operands
    if (file === undefined || more.length > 0)
      throw new CommandFailure(exitCode.usage, 'takes one file of messages, or - for standard input')
    const url = text(values, 'url') ?? findInstance(values, io).ingest
    const source = file === '-' ? { content: io.stdin } : await openMessages(resolve(io.cwd, file))
    const progress = progressOn(io, source.size)
    const sent = await sendAll(readMessages(progress.watch(source.content)), {
      url,
      writeKey: text(values, 'write-key') ?? 'dev',
      progress: (answered) => progress.answered(answered),
      interrupted: io.interrupted,
    })
    progress.end()
    io.out(report(sent))
    return sent.refused.length === 0 && sent.stopped === undefined ? exitCode.ok : exitCode.no
  },
}

async function openMessages(path: string): Promise<{ content: AsyncIterable<Uint8Array>; size?: number }> {
  try {
    const file = await open(path)
    const { size } = await file.stat()
    return { content: file.createReadStream(), size }
  } catch (error) {
    throw new CommandFailure(
      exitCode.usage,
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
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
