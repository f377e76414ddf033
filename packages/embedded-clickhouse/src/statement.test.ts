import { describe, expect, it } from '@jest/globals'
import { classify } from './statement.ts'

const latin1 = (text: string) => Buffer.from(text).toString('latin1')
const kindOf = (text: string) => classify(latin1(text)).kind

/** The three pieces of an INSERT: up to FROM INFILE, up to FORMAT, and the data. */
function insertOf(text: string) {
  const statement = classify(latin1(text))
  if (statement.kind !== 'insert') return statement.kind
  const { infileAt, formatAt, dataFrom, format } = statement
  return { head: text.slice(0, infileAt), settings: text.slice(infileAt, formatAt), format, data: text.slice(dataFrom) }
}

describe('INSERT', () => {
  it.each([
    ['INSERT INTO t FORMAT TSV\n1\n', { head: 'INSERT INTO t ', settings: '', format: 'TSV', data: '1\n' }],
    ['INSERT INTO t FORMAT TSV\r\n1', { head: 'INSERT INTO t ', settings: '', format: 'TSV', data: '1' }],
    ['INSERT INTO t FORMAT TSV \n\n1', { head: 'INSERT INTO t ', settings: '', format: 'TSV', data: '\n1' }],
    ['INSERT INTO t FORMAT TSV;\n', { head: 'INSERT INTO t ', settings: '', format: 'TSV', data: '' }],
    ['insert into t values (1)', { head: 'insert into t ', settings: '', format: 'Values', data: ' (1)' }],
    ['INSERT INTO t FORMAT Values (1)', { head: 'INSERT INTO t ', settings: '', format: 'Values', data: '(1)' }],
    [
      'INSERT INTO db.t (a, b) FORMAT CSV 1,2',
      { head: 'INSERT INTO db.t (a, b) ', settings: '', format: 'CSV', data: '1,2' },
    ],
    [
      'INSERT INTO t (a) SETTINGS async_insert = 0, x = 1 FORMAT CSV\n1',
      { head: 'INSERT INTO t (a) ', settings: 'SETTINGS async_insert = 0, x = 1 ', format: 'CSV', data: '1' },
    ],
    ['INSERT INTO format FORMAT CSV\n1', { head: 'INSERT INTO format ', settings: '', format: 'CSV', data: '1' }],
    [
      'INSERT INTO values.values VALUES (1)',
      { head: 'INSERT INTO values.values ', settings: '', format: 'Values', data: ' (1)' },
    ],
    [
      'INSERT INTO `a;b`."FORMAT x" FORMAT CSV\n1',
      { head: 'INSERT INTO `a;b`."FORMAT x" ', settings: '', format: 'CSV', data: '1' },
    ],
    [
      'INSERT INTO t (`values`, "format") VALUES (1, 2)',
      { head: 'INSERT INTO t (`values`, "format") ', settings: '', format: 'Values', data: ' (1, 2)' },
    ],
    [
      'INSERT INTO {t:Identifier} FORMAT CSV\n1',
      { head: 'INSERT INTO {t:Identifier} ', settings: '', format: 'CSV', data: '1' },
    ],
    [
      "INSERT INTO FUNCTION null('a UInt8') FORMAT CSV\n1",
      { head: "INSERT INTO FUNCTION null('a UInt8') ", settings: '', format: 'CSV', data: '1' },
    ],
    [
      '/* SELECT */ -- ;\nINSERT INTO t FORMAT CSV\n;x',
      { head: '/* SELECT */ -- ;\nINSERT INTO t ', settings: '', format: 'CSV', data: ';x' },
    ],
  ])('%j', (text, expected) => {
    expect(insertOf(text)).toEqual(expected)
  })

  it('leaves data alone, whatever bytes it has', () => {
    const text = "INSERT INTO t FORMAT RowBinary\n\u0000';--/*"
    expect(insertOf(text)).toMatchObject({ data: "\u0000';--/*" })
  })

  it.each([
    'INSERT INTO t SELECT 1',
    'INSERT INTO t (a) SELECT 1',
    'INSERT INTO t (SELECT 1)',
    'INSERT INTO t WITH 1 AS x SELECT x',
    'WITH 1 AS x INSERT INTO t SELECT x',
    'INSERT INTO t (a) FROM s SELECT a;',
  ])('%s brings its own rows', (text) => {
    expect(classify(text)).toMatchObject({ kind: 'other', inserts: true, reads: false })
  })

  it.each([
    ["INSERT INTO t FROM INFILE '/x' FORMAT CSV", 'FROM INFILE'],
    ["INSERT INTO t SELECT * FROM input('a UInt8') FORMAT CSV", 'input()'],
  ])('%s is refused', (text, name) => {
    expect(() => classify(text)).toThrow(name)
  })
})

describe('SELECT', () => {
  it.each(['SELECT 1', '(SELECT 1)', 'WITH 1 AS x SELECT x', 'FROM t SELECT 1', '  -- c\n select 1'])('%s', (text) => {
    expect(kindOf(text)).toBe('select')
  })

  it.each([
    ['SELECT 1', undefined],
    ['SELECT 1 FORMAT JSON', 'JSON'],
    ['SELECT 1 format JSON ; -- end', 'JSON'],
    ['SELECT 1 FORMAT JSON SETTINGS max_threads = 1', 'JSON'],
    ['SELECT 1 SETTINGS max_threads = 1 FORMAT JSON', 'JSON'],
    ['SELECT format FROM t', undefined],
    ['SELECT 1 AS format SETTINGS a = 1', undefined],
    ["SELECT format('{}', a) FROM t", undefined],
    ["SELECT 1 WHERE x = 'FORMAT CSV'", undefined],
    ['SELECT * FROM (SELECT 1 FORMAT JSON)', undefined],
  ])('%s has the format %s', (text, format) => {
    const statement = classify(text)
    expect(statement.kind === 'select' ? statement.format?.name : statement.kind).toBe(format)
  })

  it('ends before a closing semicolon', () => {
    expect(classify('SELECT 1 ; /* ; */')).toMatchObject({ end: 8 })
  })

  it('INTO OUTFILE is refused', () => {
    expect(() => classify("SELECT 1 INTO/**/OUTFILE 'x'")).toThrow('INTO OUTFILE')
  })
})

describe('several statements', () => {
  it.each([
    'SELECT 1; SELECT 2',
    'SELECT 1;;x',
    'DROP TABLE a; DROP TABLE b',
    "SELECT ';'; x",
    'INSERT INTO t SELECT 1; SELECT 2',
    'SELECT 1 -- ;\n; SELECT 2',
    String.raw`SELECT '\\'; DROP TABLE t`,
  ])('%s is refused', (text) => {
    expect(() => classify(text)).toThrow('Multi-statements are not allowed')
  })

  it.each([
    "SELECT ';'",
    'SELECT 1;',
    'SELECT 1 ; ; -- x',
    'SELECT `;`, ";"',
    'SELECT 1 /* ; */',
    'SELECT 1 -- ; x',
    "SELECT 'it''s; fine'",
    String.raw`SELECT 'it\'s; fine'`,
    'SELECT $a$ ; $a$',
  ])('%s is one', (text) => {
    expect(kindOf(text)).toBe('select')
  })

  it.each(['', ' ', ';', ' ; ;', '-- only', '/* never closed'])('%j is empty', (text) => {
    expect(() => classify(text)).toThrow('SYNTAX_ERROR')
  })
})

describe('others', () => {
  it.each([
    ['SHOW TABLES', true],
    ['EXPLAIN SELECT 1', true],
    ['SET a = 1', true],
    ['CREATE TABLE t (a UInt8) ENGINE = Null', false],
    ['KILL MUTATION WHERE 1', false],
  ])('%s reads: %j', (text, reads) => {
    expect(classify(text)).toMatchObject({ kind: 'other', reads, inserts: false })
  })

  it('KILL QUERY is a kind of its own', () => {
    expect(kindOf(`KILL QUERY WHERE query_id = 'x'`)).toBe('kill')
  })
})
