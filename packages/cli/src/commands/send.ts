import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { CommandFailure, dataOption, exitCode, text, type Command, type Io } from '../command.ts'
import { findInstance } from '../instance/instance.ts'
import { sendAll, type Sent } from '../send/send.ts'
import { readMessages } from '../send/messages.ts'

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
    const source = file === '-' ? io.stdin : createReadStream(resolve(io.cwd, file))
    const sent = await sendAll(readMessages(source), {
      url,
      writeKey: text(values, 'write-key') ?? 'dev',
      progress: progressBar(io),
      interrupted: io.interrupted,
    })
    io.out(report(sent))
    return sent.refused.length === 0 && sent.unsent === 0 ? exitCode.ok : exitCode.no
  },
}

const shownRefusals = 20

function report({ accepted, refused, unsent, failure }: Sent): string {
  const lines = refused.slice(0, shownRefusals).map((r) => `  line ${r.line}: ${r.reason}: ${r.message}`)
  if (refused.length > shownRefusals) lines.push(`  and ${refused.length - shownRefusals} more`)
  const broken = failure === undefined ? [] : [`not sent ${unsent}: ${failure}`]
  return [`accepted ${accepted}, refused ${refused.length}`, ...lines, ...broken, ''].join('\n')
}

function progressBar(io: Io): (sent: number) => void {
  if (!io.isTerminal) return () => undefined
  return (sent) => io.err(`\r${sent} sent`)
}
