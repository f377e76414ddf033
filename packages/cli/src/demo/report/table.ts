export interface Column {
  readonly title: string
  readonly align: 'left' | 'right'
}

export const left = (title: string): Column => ({ title, align: 'left' })
export const right = (title: string): Column => ({ title, align: 'right' })

/** Aligned text: a title line, a rule and one line a row, indented by two. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...rows.map((row) => (row[at] ?? '').length)))
  const line = (cells: readonly string[]): string => {
    const padded = columns.map(({ align }, at) => {
      const [cell = '', width = 0] = [cells[at], widths[at]]
      return align === 'left' ? cell.padEnd(width) : cell.padStart(width)
    })
    return `  ${padded.join('  ')}`.trimEnd()
  }
  const rule = `  ${widths.map((width) => '─'.repeat(width)).join('  ')}`
  return [line(columns.map(({ title }) => title)), rule, ...rows.map(line)].join('\n')
}
