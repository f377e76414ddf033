import { describe, expect, it } from '@jest/globals'
import { codes, DatabaseException, statusOf } from './errors.ts'
import { conceal } from './query.ts'
import { errorText } from './respond.ts'
import { exceptionTail } from './result.ts'

describe('DatabaseException', () => {
  it('takes code and status from the text of the engine', () => {
    const error = DatabaseException.fromEngine(new Error('Code: 60. DB::Exception: Unknown table. (UNKNOWN_TABLE)\n'))
    expect([error.code, error.status, error.message]).toEqual([
      60,
      404,
      'Code: 60. DB::Exception: Unknown table. (UNKNOWN_TABLE)',
    ])
  })

  it('takes away the second prefix of an error in a file', () => {
    const text = 'Code: 27. DB::Exception: Code: 27. DB::Exception: Cannot parse. (CANNOT_PARSE_INPUT_ASSERTION_FAILED)'
    expect(DatabaseException.fromEngine(new Error(text)).message).toMatch(/^Code: 27\. DB::Exception: Cannot/)
  })

  it('calls anything else a broken engine', () => {
    expect(DatabaseException.fromEngine('gone').code).toBe(codes.LOGICAL_ERROR)
  })

  it('has a status for every code', () => {
    expect([statusOf(62), statusOf(60), statusOf(516), statusOf(159), statusOf(48), statusOf(999)]).toEqual([
      400, 404, 403, 408, 501, 500,
    ])
  })
})

describe('what a client reads', () => {
  it('has neither our marker nor our files, and the positions of its own statement', () => {
    const mark = '/* query_id=x */ '
    const text = `Code: 62. DB::Exception: Syntax error: failed at position ${mark.length + 10} (z) (line 1, col ${mark.length + 10}): ${mark}SELECT 1 z y \nINTO OUTFILE '/spool/1' FORMAT TSV. (SYNTAX_ERROR)`
    expect(conceal(text, mark, [`\nINTO OUTFILE '/spool/1' FORMAT TSV`])).toBe(
      'Code: 62. DB::Exception: Syntax error: failed at position 10 (z) (line 1, col 10): SELECT 1 z y \n. (SYNTAX_ERROR)',
    )
    expect(conceal('Cannot parse: (at row 2)\n: (in file/uri /spool/1): While executing', mark, [])).toBe(
      'Cannot parse: (at row 2)\n: While executing',
    )
  })

  it('names the version once', () => {
    const error = DatabaseException.fromEngine(
      'Code: 394. DB::Exception: Cancelled. (QUERY_WAS_CANCELLED) (version 26.7.2.1). (QUERY_WAS_CANCELLED)',
    )
    expect(errorText(error, '26.7.2.1').match(/version/g)).toHaveLength(1)
  })
})

describe('exceptionTail', () => {
  it('is framed as the client looks for it, with the length in bytes', () => {
    expect(exceptionTail('é\n', 'TAG')).toBe('\r\n__exception__\r\nTAG\r\né\n3 TAG\r\n__exception__\r\n')
  })
})
