import { cpSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { repository } from './workers.ts'

/** One defect put into the product: the text of one file as it is built, replaced in the one place where it stands. */
export interface Mutation {
  readonly name: string
  /** From the root of the repository: a compiled file, or one of schemas/. */
  readonly file: string
  readonly from: string
  readonly to: string
}

const folder = join(repository, '.cairn', 'mutants', String(process.pid))

/**
 * Builds a copy of the product with the mutation in it and returns its root, from where `startProcess` runs it. Unchanged
 * files are hard links. The copy lies below the repository, so that other packages are found in its node_modules.
 *
 * @throws Error when the text is not there exactly once: the product has changed, and the mutant must follow it
 */
export function mutantOf({ name, file, from, to }: Mutation): string {
  const root = join(folder, name)
  rmSync(root, { recursive: true, force: true })
  cpSync(join(repository, 'schemas'), join(root, 'schemas'), { recursive: true })
  mkdirSync(join(root, 'node_modules', '@cairn'), { recursive: true })
  for (const group of ['packages', 'services']) {
    for (const one of readdirSync(join(repository, group))) {
      const home = join(group, one)
      cpSync(join(repository, home, 'package.json'), join(root, home, 'package.json'))
      linkFiles(join(repository, home, 'dist'), join(root, home, 'dist'))
      // Without these the packages of the repository would be found instead of the mutated ones.
      symlinkSync(relative(join('node_modules', '@cairn'), home), join(root, 'node_modules', '@cairn', one))
    }
  }
  const text = readFileSync(join(root, file), 'utf8')
  const places = text.split(from).length - 1
  if (places !== 1) throw new Error(`mutant no longer applies: ${name}: its text is ${places} times in ${file}`)
  // Removed first: writing into a hard link would change the repository.
  rmSync(join(root, file))
  writeFileSync(
    join(root, file),
    text.replace(from, () => to),
  )
  return root
}

/** Removes the mutants of this test file. */
export function discardMutants(): void {
  rmSync(folder, { recursive: true, force: true })
}

function linkFiles(source: string, target: string): void {
  for (const entry of readdirSync(source, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.js')) continue
    const from = join(entry.parentPath, entry.name)
    const to = join(target, relative(source, from))
    mkdirSync(dirname(to), { recursive: true })
    linkSync(from, to)
  }
}
