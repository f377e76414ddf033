const utf8 = '; charset=UTF-8'

/** Content types of ClickHouse's output formats that are not plain text (its `IOutputFormat::getContentType`). */
const contentTypes = new Map<string, string>([
  ...[
    'JSON',
    'JSONStrings',
    'JSONCompact',
    'JSONCompactStrings',
    'JSONColumns',
    'JSONCompactColumns',
    'JSONColumnsWithMetadata',
    'JSONObjectEachRow',
  ].map((name) => [name, `application/json${utf8}`] as const),
  ...[
    'JSONEachRow',
    'JSONLines',
    'NDJSON',
    'JSONStringsEachRow',
    'JSONCompactEachRow',
    'JSONCompactStringsEachRow',
    'JSONCompactEachRowWithNames',
    'JSONCompactEachRowWithNamesAndTypes',
    'JSONEachRowWithProgress',
    'JSONStringsEachRowWithProgress',
  ].map((name) => [name, `application/x-ndjson${utf8}`] as const),
  ...[
    'TabSeparated',
    'TSV',
    'TabSeparatedRaw',
    'TSVRaw',
    'TabSeparatedWithNames',
    'TSVWithNames',
    'TabSeparatedWithNamesAndTypes',
    'TSVWithNamesAndTypes',
    'TSKV',
  ].map((name) => [name, `text/tab-separated-values${utf8}`] as const),
  ['CSV', `text/csv${utf8}; header=absent`],
  ['CSVWithNames', `text/csv${utf8}; header=present`],
  ['CSVWithNamesAndTypes', `text/csv${utf8}; header=present`],
  ['XML', `application/xml${utf8}`],
  ...[
    'Native',
    'RowBinary',
    'RowBinaryWithNames',
    'RowBinaryWithNamesAndTypes',
    'Avro',
    'Parquet',
    'ORC',
    'Arrow',
    'ArrowStream',
    'MsgPack',
    'BSONEachRow',
    'RawBLOB',
    'Npy',
  ].map((name) => [name, 'application/octet-stream'] as const),
])

export function contentType(format: string): string {
  return contentTypes.get(format) ?? `text/plain${utf8}`
}
