import type { Command } from './command.ts'

export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((c) => c.name.length))
  const rows = commands.map((c) => `  ${c.name.padEnd(width)}  ${c.summary}`)
  return `Usage: cairn COMMAND [OPTIONS]\n\n${rows.join('\n')}\n\nOptions of a command: cairn COMMAND --help\n`
}

export function helpOf(command: Command): string {
  const usage = `Usage: cairn ${command.name}${command.operands === '' ? '' : ` ${command.operands}`} [OPTIONS]\n\n${command.summary}\n`
  const names = Object.entries(command.options).map(
    ([name, o]) => `--${name}${o.placeholder === undefined ? '' : ` ${o.placeholder}`}`,
  )
  const width = Math.max(0, ...names.map((n) => n.length))
  const rows = Object.values(command.options).map(
    (o, i) =>
      `  ${(names[i] ?? '').padEnd(width)}  ${o.help}${o.default === undefined ? '' : ` (default ${o.default})`}`,
  )
  return rows.length === 0 ? usage : `${usage}\nOptions:\n${rows.join('\n')}\n`
}
