#!/usr/bin/env node
import { existsSync } from 'node:fs'

const main = new URL('../dist/main.js', import.meta.url)
if (existsSync(main)) {
  await import(main)
} else {
  process.stderr.write('cairn: not built yet: npm run build\n')
  process.exitCode = 3
}
