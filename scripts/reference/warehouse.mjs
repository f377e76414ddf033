// docs/warehouse.md, from the comments of the views and tables in schemas/clickhouse, and the recipes beside this file.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const recipes = readFileSync(join(import.meta.dirname, 'recipes.md'), 'utf8').trimEnd()

/** Markdown of what the statements of schemas/clickhouse create: views with their columns, tables by what they hold. */
export function warehouseReference(sql) {
  const views = statements(sql).flatMap(viewOf)
  const tables = statements(sql).flatMap(tableOf)
  return (
    [
      introduction,
      ...views.map(({ name, comment, columns }) => [
        `## ${name}`,
        `${comment}.`,
        rows(
          ['column', 'type', 'meaning'],
          columns.map((c) => [`\`${c.name}\``, `\`${c.type}\``, c.comment]),
        ),
      ]),
      recipes,
      '## Tables beneath',
      `Not part of the stable interface: a new version may change them. Columns are described in the tables themselves
(\`DESCRIBE TABLE\`) and in [schemas/clickhouse](../schemas/clickhouse).`,
      rows(
        ['table', 'engine', 'holds'],
        tables.map((t) => [`\`${t.name}\``, t.engine, t.comment]),
      ),
    ]
      .flat()
      .join('\n\n') + '\n'
  )
}

const introduction = `<!-- Written by scripts/reference.mjs from schemas/clickhouse and scripts/reference/recipes.md. Change it there, then run: npm run docs -->

# The warehouse

The views below are the stable interface: their names and meanings stay. Read them, not the tables beneath. They show
every row as it stands now, corrections applied, once. Bots are in \`v_events\` only. Money is in major units of its
currency; add it up only within one currency; of orders it is what is left after refunds ([orders](orders.md)). All times are
UTC.

In \`v_channel_hourly\` the rows of goal '' count sessions and the others count conversions of one goal in one currency, so
sessions are added up where \`goal = ''\`:

\`\`\`sql
SELECT channel, sumIf(sessions, goal = '') AS visits, sumIf(converting_sessions, goal = '') AS converting,
       sum(micro) AS micro, sum(macro) AS macro
FROM v_channel_hourly WHERE site = 'demo' GROUP BY channel ORDER BY visits DESC
\`\`\``

/** As they are on one server. */
function statements(sql) {
  return sql
    .replace(/\{\{(on_cluster|replicated)\}\}/g, '')
    .replace(/^--.*\n/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
}

/** A view that names its columns is public; one without is for the services. */
function viewOf(statement) {
  const match = /^CREATE OR REPLACE VIEW \{\{database\}\}\.(\w+) \(\n(.*?)\n\) AS\n.*\nCOMMENT '([^\n]*)'$/s.exec(
    statement,
  )
  if (match === null) return []
  const [, name, columns, comment] = match
  return [{ name, comment: unquoted(comment), columns: columns.split('\n').map(columnOf) }]
}

function columnOf(line) {
  const match = /^ {2}(\w+) (.*?) COMMENT '(.*)',?$/.exec(line)
  if (match === null) throw new Error(`a view's column without type and comment: ${line.trim()}`)
  return { name: match[1], type: match[2], comment: unquoted(match[3]) }
}

function tableOf(statement) {
  const match = /^CREATE TABLE IF NOT EXISTS \{\{database\}\}\.(\w+) .*\) ENGINE = (\w+).*\nCOMMENT '([^\n]*)'$/s.exec(
    statement,
  )
  return match === null ? [] : [{ name: match[1], engine: match[2], comment: unquoted(match[3]) }]
}

function unquoted(text) {
  return text.replaceAll("''", "'")
}

function rows(head, body) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('<', '&lt;')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n')
}
