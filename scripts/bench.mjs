// The benchmarks from a fresh checkout: `npm run bench [-- attribution|sink|ingest|latency|restore|state] [--events N] [--visitors N] [--orders N] [--runs N]`.
// Installs and builds what is missing and runs bench/main.ts under Node 24, which is fetched where this Node is older.
// Standard output carries one JSON line a measure and nothing else; progress goes to standard error.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './setup.mjs'

const benchNode = 24
const toStandardError = { stdio: ['ignore', 2, 2] }

if (!run(process.execPath, [join(root, 'scripts', 'prepare.mjs')], toStandardError)) process.exit(1)
const bench = spawn(fitNode(), ['--no-warnings', join(root, 'bench', 'main.ts'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
// A terminal interrupts both processes itself.
process.on('SIGINT', () => process.stdin.isTTY || bench.kill('SIGINT'))
process.on('SIGTERM', () => bench.kill('SIGTERM'))
bench.on('exit', (code) => process.exit(code ?? 1))

/** A Node of the version that production images run: this one, or the one npm has under that name. */
function fitNode() {
  if (Number(process.versions.node.split('.')[0]) >= benchNode) return process.execPath
  const folder = join(root, '.cairn', `node-${benchNode}`)
  const node = join(folder, 'node_modules', 'node', 'bin', 'node')
  if (existsSync(node)) return node
  mkdirSync(folder, { recursive: true })
  const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', `node@${benchNode}`]
  if (run('npm', args, toStandardError) && existsSync(node)) return node
  console.error(
    `Node ${benchNode} is needed for comparable figures, this is ${process.versions.node}, and npm did not bring node@${benchNode}: install Node ${benchNode}.`,
  )
  process.exit(1)
}
