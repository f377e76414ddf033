/** Reads CSV (RFC 4180: quoted fields may hold commas, quotes and line breaks) with a header line into one record a row. */
export function parseCsv(text: string): Record<string, string>[] {
  const [header = [], ...rows] = rowsOf(text)
  return rows.map((row) => Object.fromEntries(header.map((column, at) => [column, row[at] ?? ''])))
}

/** A field is quoted or runs up to the next comma or line break. */
const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y

function rowsOf(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  field.lastIndex = 0
  while (field.lastIndex < text.length) {
    const at = field.lastIndex
    const match = field.exec(text)
    if (match === null)
      throw new Error(
        `row ${rows.length + 1} (the first names the columns): no CSV field can be read at character ${at}`,
      )
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    if (match[3] === ',') continue
    rows.push(row)
    row = []
  }
  // A comma was the text's last character: an empty field follows it.
  if (row.length > 0) rows.push([...row, ''])
  return rows
}
