import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'

const root = resolve(import.meta.dirname, '..', '..')
const documents = [
  'README.md',
  'CHANGELOG.md',
  'packages/embedded-clickhouse/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

describe.each(documents)('%s', (document) => {
  const text = readFileSync(join(root, document), 'utf8')
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => String(target)).filter(isRelative)

  it('links to files that exist', () => {
    const missing = targets.filter((target) => !existsSync(fileOf(document, target)))
    expect(missing).toEqual([])
  })

  it('links to headings that exist', () => {
    const missing = targets.filter((target) => {
      const [, heading] = target.split('#')
      return heading !== undefined && !headingsOf(readFileSync(fileOf(document, target), 'utf8')).includes(heading)
    })
    expect(missing).toEqual([])
  })

  it('names beside a link to source code only what that file declares', () => {
    const wrong = [...text.matchAll(/\[`(\w+)`\]\(([^)\s]+\.ts)\)/g)].filter(
      ([, name, target]) => !declares(fileOf(document, String(target)), String(name)),
    )
    expect(wrong.map(([link]) => link)).toEqual([])
  })
})

function isRelative(target: string): boolean {
  return !/^[a-z]+:/.test(target)
}

function fileOf(document: string, target: string): string {
  const [file = ''] = target.split('#')
  return file === '' ? join(root, document) : resolve(root, dirname(document), file)
}

/** Anchors as GitHub makes them. */
function headingsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    String(heading)
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function declares(file: string, name: string): boolean {
  return new RegExp(`\\b(?:function|class|const|interface|type) ${name}\\b|^ +(?:async )?#?${name}\\(`, 'm').test(
    readFileSync(file, 'utf8'),
  )
}
