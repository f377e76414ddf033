// All checks of the project. `--full` adds the slow tests (mutants, long faults), `--only-full` runs nothing but those.
// The last line counts checks and tests together, alone on its line: `N passed, N failed`.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { attempt, prepare, root, run, tool } from './setup.mjs'

const onlyFull = process.argv.includes('--only-full')
const full = onlyFull || process.argv.includes('--full')

prepare()
const totals = { passed: 0, failed: 0 }
if (!onlyFull) {
  count(attempt('lint', () => tool('eslint/bin/eslint.js', '.')))
  count(attempt('format', () => tool('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.')))
}
const projects = [...(onlyFull ? [] : ['unit', 'integration']), ...(full ? ['full'] : [])]
attempt(`tests (${projects.join(', ')})`, () => jest(projects))
console.log(`${totals.passed} passed, ${totals.failed} failed`)
process.exit(totals.failed === 0 ? 0 : 1)

function count(passed) {
  totals[passed ? 'passed' : 'failed'] += 1
}

/** Runs jest on the projects and adds its totals; a test file that could not be loaded counts as one failure. */
function jest(projects) {
  const results = join(root, '.cairn', 'test-results.json')
  mkdirSync(join(root, '.cairn'), { recursive: true })
  rmSync(results, { force: true })
  // The slow ones judge delays: nothing else may run beside them.
  const workers = projects.includes('full') ? ['--maxWorkers', '1'] : []
  const options = ['--passWithNoTests', ...workers, '--json', '--outputFile', results]
  const green = run(
    process.execPath,
    [join(root, 'scripts', 'jest.mjs'), '--selectProjects', ...projects, ...options],
    {
      // The JSON goes to the file; jest's report to standard error.
      stdio: ['inherit', 'ignore', 'inherit'],
    },
  )
  const told = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : undefined
  const failed = (told?.numFailedTests ?? 0) + (told?.numRuntimeErrorTestSuites ?? 0)
  totals.passed += told?.numPassedTests ?? 0
  for (const name of testsThatWere('pending', told)) console.log(`skipped: ${name}`)
  // Once more, after jest's long report: what is cut short keeps its end.
  for (const name of testsThatWere('failed', told)) console.log(`failed: ${name}`)
  // Servers that did not start, or an open handle, fail the run without failing a test.
  totals.failed += failed === 0 && !green ? 1 : failed
  return green
}

/** The names of tests that ended so; those of skipped ones say why. A file that could not be loaded goes by its path. */
function testsThatWere(ended, told) {
  return (told?.testResults ?? []).flatMap(({ name, status, assertionResults }) => {
    const file = relative(root, name)
    if (assertionResults.length === 0 && status === ended) return [file]
    const results = assertionResults.filter((result) => result.status === ended)
    return results.map(({ fullName }) => `${file} ${fullName}`)
  })
}
