// The demo from a fresh checkout: installs and builds what is missing, then runs `cairn demo` with the same arguments.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { prepare, root } from './setup.mjs'

prepare()
const demo = spawn(process.execPath, [join(root, 'packages/cli/bin/cairn.js'), 'demo', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
// A terminal interrupts both processes itself, and a second signal would end the demo before its servers are stopped.
process.on('SIGINT', () => process.stdin.isTTY || demo.kill('SIGINT'))
process.on('SIGTERM', () => demo.kill('SIGTERM'))
demo.on('exit', (code) => process.exit(code ?? 1))
