import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { refusalReasons } from '@cairn/domain'
import { settings } from '../../services/ingest/src/config.ts'
import { calls } from '../../services/ingest/src/http/calls.ts'
import { statusOf } from '../../services/ingest/src/http/reasons.ts'
import { mostMessages } from '../../services/ingest/src/segment/body.ts'
import { deepestMessage, largestMessage } from '../../services/ingest/src/segment/size.ts'

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'http-api.md'), 'utf8')

describe('docs/http-api.md', () => {
  it('has every reason a message is refused for, and no other', () => {
    const listed = [...section('Why a message is refused').matchAll(/^\| `(\w+)` \|/gm)].map(([, reason]) => reason)
    expect(listed).toEqual(refusalReasons)
  })

  it('has every reason a request is refused for with its status, and no other', () => {
    const listed = [...section('Why a request is refused').matchAll(/^\| (\d+) \| `(\w+)` \|/gm)].map(
      ([, status, reason]) => [reason, Number(status)],
    )
    expect(Object.fromEntries(listed)).toEqual(statusOf)
  })

  it('has every call', () => {
    const listed = [...section('Routes').matchAll(/^\| `POST (\S+)` \| `(\S+)` \|/gm)].flatMap(([, path, short]) => [
      path,
      short,
    ])
    expect(listed).toEqual(calls.map(([path]) => path))
  })

  it('gives the limits that are in force', () => {
    const limits = [...section('The body').matchAll(/^\| (bytes|messages|levels)[^|]* \| ([\d,]+)/gm)]
    expect(limits.map(([, , value]) => Number(value?.replaceAll(',', '')))).toEqual([
      settings.MAX_BATCH_BYTES.parse(undefined),
      mostMessages,
      largestMessage,
      deepestMessage,
    ])
  })
})

function section(title: string): string {
  return page.split(/^#+ /m).find((part) => part.startsWith(`${title}\n`)) ?? ''
}
